// Exit heads of a graph, and how exits are numbered through the members of a cascade. Plain values; shared
// read-only.
#pragma once

#include "graph/exits/sites.h"
#include "graph/graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

inline constexpr const char* kFinalType = "final";            ///< the last member's classifier as an exit
inline constexpr const char* kClassifierType = "classifier";  ///< any other member's

/// What a head is for.
enum class HeadRole {
    kExit,  ///< its logits may be the answer
    kFeed,  ///< it only makes values that later heads of its chain read
    kGate,  ///< it decides for each row whether the stage behind its site runs, and answers nothing
};

/// Outcomes that a gate chooses between, a logit each: the stage is skipped, or it runs.
inline constexpr std::int64_t kGateOutcomes = 2;

/// "exit", "feed", "gate".
const char* name_of(HeadRole role);

/// A head: the part of the graph that one output needs beyond the backbone. It reads its site's value, the
/// backbone values `reads`, and, when it stands in a chain, values of the head before it. What a later head
/// reads of it is computed with the stage that ends at its site, whether the head itself runs or not
/// (docs/decisions/0019-side-values-belong-to-the-stage.md).
struct ExitHead {
    int site = 0;           ///< index in ExitTable::sites
    std::string type;       ///< distinct within the site
    int output = 0;         ///< index in Graph::outputs: an exit's logits, N x classes
    std::int64_t macs = 0;  ///< of the head alone, for one image
    HeadRole role = HeadRole::kExit;
    std::vector<std::string> reads = {};  ///< names of values that exist when its site does
    int chain = -1;                       ///< index of the head before it in its chain; -1: it is the first
    std::int64_t feed_macs = 0;           ///< of what runs with the stage for heads behind it
    int skips = -1;  ///< a gate's: the site that a row is at when the stage behind the gate's own is skipped
};

struct ExitTable {
    std::vector<Site> sites;      ///< execution order
    std::vector<ExitHead> heads;  ///< rising sites
};

/// The exits that `graph` brings along: sites by the rule, or at the values called `site_names`; every
/// further output that one site and constants lead to, and that is as wide as the first, becomes a head; its
/// type is the output's name. Outputs that are neither stay plain outputs.
ExitTable find_exits(const Graph& graph, const std::vector<std::string>& site_names = {});
/// The same at sites that were found already, in execution order.
ExitTable find_exits_at(const Graph& graph, std::vector<Site> sites);

/// Fills in multiply-adds. Throws Error{kContent} naming the head where a site or an output does not exist,
/// heads are not in the order of their sites, a type is empty or used twice at a site, an exit does not make
/// the classifier's number of logits, a head reads anything but its site, `reads` and the head before it in
/// its chain, or does not read one of these, a chain does not go back, a feed has no reader, or a gate skips what
/// is_skippable() does not allow, makes anything but two logits, is the second one of its site, or has constants that
/// are not finite; Error{kResource} over a limit.
void complete_heads(const Graph& graph, ExitTable& exits);

/// tau of gates that nobody set: a gate's two logits as they are (docs/method.md, "Gates").
inline constexpr double kGateThreshold = 0.5;

/// A network with its exits; in a cascade one of several, small to big.
struct ExitNetwork {
    const Graph* graph;
    const ExitTable* exits;
    std::int64_t macs;  ///< of the backbone alone
    double gate_threshold = kGateThreshold;
};

/// Where an image may leave: a site, or a member's own classifier.
struct ExitSite {
    struct Head {
        std::string type;
        std::int64_t macs;
        int index;  ///< in the member's ExitTable::heads; -1 = its classifier
    };
    /// What decides whether a row runs the stage behind the site.
    struct Gate {
        int head;                 ///< in the member's ExitTable::heads
        std::int64_t macs;        ///< of the gate
        std::int64_t stage_macs;  ///< of what a row that skips does not pay
        double threshold;         ///< the member's tau, 0 to 1
    };
    int member;
    int site;           ///< within the member; -1 = its classifier
    std::string name;   ///< of the value read there
    std::int64_t macs;  ///< of the member's backbone up to here, all gates open, and of the feeds on the way
    std::vector<Head>
        heads;  ///< exits; of a classifier: one, of type "classifier", the last member's "final"
    SiteLayout layout = SiteLayout::kVector;  ///< of the value
    SiteTokens tokens = {};
    std::optional<Gate> gate = {};
};

/// All positions in the order an image meets them; the last one is the final exit.
std::vector<ExitSite> list_sites(const std::vector<ExitNetwork>& members);

}  // namespace dyce
