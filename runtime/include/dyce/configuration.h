// Which exits are on, of which type and with which threshold; and families of such settings from "fastest" to
// "most accurate", as `dyce search` finds them. Immutable values; share them freely between threads.
#pragma once

#include <dyce/export.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

/// An exit that is on: an image leaves at `site` when the score of its head `type` is above `threshold`.
struct EnabledExit {
    int site = 0;          ///< position, numbered from 0 through all members of a cascade
    std::string type;      ///< "linear", "grid4-mlp2x128", ..
    double threshold = 0;  ///< strictly above it an image leaves; -1 = every image with a finite score
};

/// The best head of each site, as far as a set of configurations knows: the one that its most accurate
/// configuration with an exit at the site has there.
struct BestHeads {
    struct Head {
        int site = 0;
        std::string type;
    };
    std::vector<Head> heads;  ///< rising sites; those without exits are left out
    std::string elsewhere;    ///< the type that is the best at most sites; empty = there are no exits
};

/// One operating point. Estimates are those of the search, on the data it was validated on.
struct Configuration {
    std::string name = "off";
    std::string score = "max_softmax";  ///< one of docs/method.md, "Inference rule"
    std::vector<EnabledExit> exits;     ///< rising sites, at most one each; empty = exits off

    double accuracy = 0;       ///< share of right answers
    double accuracy_low = 0;   ///< what may be relied on: conservative where the search was, else the same
    double macs = 0;           ///< mean multiply-adds of an image
    double relative_macs = 1;  ///< of the backbone's
    double cost = 0;           ///< mean cost in the set's unit
    double relative_cost = 1;  ///< of the backbone's
    std::vector<double> exit_share;  ///< share of images by position, the final exit last
    std::optional<double> lambda;    ///< weight of accuracy it was found with

    // What it was searched for; empty = any.
    std::string model_digest;
    std::string preprocess_digest;
    std::string precision;

    /// Of the set it belongs to; null = of none. By them images leave that must answer in time where the
    /// configuration has no exit.
    std::shared_ptr<const BestHeads> best_heads;
};

/// What a set may hold before it is refused with Error{kResource}.
struct ConfigurationLimits {
    std::uint64_t file_bytes = std::uint64_t{16} << 20;
    std::size_t configurations = 10'000;
    int sites = 256;  ///< of a network with all its members
};

/// Configurations of one model, preprocessing and precision. A cheap handle to immutable data.
class DYCE_API ConfigurationSet {
public:
    /// Of the last member's backbone alone, on the validation data.
    struct Base {
        double accuracy = 0;
        std::int64_t macs = 0;
        double cost = 0;
    };
    struct Contents {
        std::string model_digest;
        std::string preprocess_digest;
        std::string precision = "f32";
        std::string cost_unit = "macs";  ///< macs, ms or J
        std::string split;               ///< what was searched on
        std::string validated;           ///< what the estimates were made on
        Base base;
        std::vector<Configuration> configurations;  ///< rising cost
        std::string extra = "{}";                   ///< a JSON object for the caller's own notes
    };

    /// Checks the contents as load() does and binds every configuration to the digests and the precision.
    explicit ConfigurationSet(Contents contents, const ConfigurationLimits& limits = {});

    /// Reads a file of schema dyce.configs/1 (docs/configuration-format.md).
    /// Throws Error{kIo}, Error{kContent} naming the field, Error{kResource} over a limit.
    static ConfigurationSet load(const std::string& path, const ConfigurationLimits& limits = {});
    /// The same from text; `where` is used in error messages.
    static ConfigurationSet parse(std::string_view text, const std::string& where,
                                  const ConfigurationLimits& limits = {});
    /// Writes it atomically. Throws Error{kIo}, and Error{kResource} when it is over the default limits.
    void save(const std::string& path) const;
    /// What save() writes.
    std::string text() const;

    /// One configuration, by its name or by a keyword; names win.
    ///   fastest                      the cheapest
    ///   most-accurate                the highest accuracy
    ///   balanced                     the cheapest within half a point of the backbone's accuracy, else
    ///                                most-accurate
    ///   max-cost=X, cost<=X          the most accurate of relative_cost <= X
    ///   min-accuracy=X, accuracy>=X  the cheapest of accuracy_low >= X
    /// Throws Error{kUsage} naming the nearest when none is meant or none fits.
    const Configuration& at(const std::string& selector) const;
    const Contents& contents() const noexcept { return *contents_; }

private:
    std::shared_ptr<const Contents> contents_;
};

}  // namespace dyce
