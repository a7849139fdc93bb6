// The command line of one verb, described as data, parsed and checked. The only place that knows cxxopts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

struct Option {
    const char* name;      ///< "topk", "o,output" with a short form, "tune,plan" with an older name
    const char* argument;  ///< "N"; "" for a flag
    std::string help;
    bool many = false;  ///< may be given several times
};

/// What the user typed, option by option. Every accessor throws Error{kUsage} naming the option, the bad
/// value and what is allowed.
class Arguments {
public:
    bool has(const std::string& option) const { return values_.count(option) != 0; }
    std::optional<std::string> text(const std::string& option) const;
    std::string text(const std::string& option, const std::string& fallback) const;
    /// The error for none is "is missing: `what`".
    std::string required(const std::string& option, const std::string& what) const;
    /// One of `allowed`; the error names the nearest.
    std::string choice(const std::string& option, const std::string& fallback,
                       const std::vector<std::string>& allowed) const;
    std::int64_t integer(const std::string& option, std::int64_t fallback, std::int64_t low,
                         std::int64_t high) const;
    double real(const std::string& option, double fallback, double low, double high) const;
    /// "1,16" as integers in low..high.
    std::vector<std::int64_t> integers(const std::string& option, std::vector<std::int64_t> fallback,
                                       std::int64_t low, std::int64_t high) const;
    std::vector<std::string> list(const std::string& option) const;
    const std::vector<std::string>& positionals() const { return positionals_; }
    /// The only one; an error at `name` when there are none or more.
    std::string only_positional(const std::string& name) const;

    std::map<std::string, std::vector<std::string>> values_;
    std::vector<std::string> positionals_;
};

struct Verb {
    const char* name;
    const char* usage;    ///< "convert SRC -o OUT.safetensors"
    const char* summary;  ///< one line
    std::vector<Option> options;
    int (*run)(const Arguments&);
    const char* notes = "";  ///< more lines for --help
};

/// Parses what follows the verb's name. Empty when --help was asked for (then printed).
std::optional<Arguments> parse_arguments(const Verb& verb, int argc, char** argv);

/// What an option may be, as its help says it: "a (note), b or c".
std::string one_of(const std::vector<std::string_view>& names, const std::string& note);

/// Splits at `separator`; an empty text has no parts.
std::vector<std::string> split(const std::string& text, char separator);
/// The whole of `text` as a number in low..high; throws Error{kUsage} at `where`.
std::int64_t parse_integer(const std::string& text, const std::string& where, std::int64_t low,
                           std::int64_t high);
double parse_real(const std::string& text, const std::string& where, double low, double high);

}  // namespace dyce
