#include "loaders/format/configuration_check.h"

#include "loaders/format/configuration_json.h"
#include "loaders/format/json.h"
#include "loaders/format/safetensors.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <unordered_set>

namespace dyce {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kDigestDigits = 32;

void check_word(const std::string& where, const std::string& word,
                std::initializer_list<std::string_view> allowed) {
    if (std::find(allowed.begin(), allowed.end(), word) != allowed.end()) return;
    std::string names;
    for (std::string_view name : allowed) names += (names.empty() ? "" : ", ") + std::string(name);
    fail_content(where, "found " + in_quotes(word) + ", expected one of " + names);
}

void check_digest(const std::string& where, const std::string& digest) {
    if (digest.size() != kDigestDigits || digest.find_first_not_of("0123456789abcdef") != std::string::npos)
        fail_content(where, "found " + in_quotes(digest) + ", expected 32 lower-case hexadecimal digits");
}

void check_note(const std::string& where, const std::string& text) {
    if (!is_printable_utf8(text))
        fail_content(where, "found " + in_quotes(text) + ", expected printable text");
}

bool is_share(double value) { return value >= 0 && value <= 1; }
bool is_amount(double value) { return value >= 0 && std::isfinite(value); }

void check_base(const ConfigurationSet::Base& base) {
    if (!is_share(base.accuracy)) fail_content("base.accuracy", "expected a number from 0 to 1");
    if (base.macs < 0) fail_content("base.macs", "expected a number of multiply-adds");
    if (!is_amount(base.cost)) fail_content("base.cost", "expected a finite number from 0");
}

void check_name(const std::string& where, const std::string& name) {
    constexpr std::string_view kCharacters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (name.empty() || name.size() > kMaxName || name.find_first_not_of(kCharacters) != std::string::npos)
        fail_content(where + ".name", "found " + in_quotes(name) + ", expected 1 to 64 of A-Z a-z 0-9 . _ -");
}

void check_exits(const std::string& where, const Configuration& configuration, int sites) {
    int previous = -1;
    for (std::size_t i = 0; i < configuration.exits.size(); ++i) {
        const EnabledExit& exit = configuration.exits[i];
        const auto place = [&](const char* member) {
            return where + ".exits[" + std::to_string(i) + "]." + member;
        };
        const std::string found = "found " + std::to_string(exit.site);
        if (exit.site == previous) fail_content(place("site"), found + " again, expected each site once");
        if (exit.site < previous)
            fail_content(place("site"),
                         found + " after " + std::to_string(previous) + ", expected rising sites");
        if (exit.site < 0 || exit.site >= sites)
            fail_content(place("site"), found + ", expected a site from 0 to " + std::to_string(sites - 1));
        check_tensor_name(exit.type, place("type"));
        if (!std::isfinite(exit.threshold)) fail_content(place("threshold"), "expected a finite number");
        previous = exit.site;
    }
}

// Shares are told for all positions of the network, or for none.
int check_shares(const std::string& where, const Configuration& configuration, std::size_t positions) {
    const auto& shares = configuration.exit_share;
    if (shares.size() != positions)
        fail_content(where + ".exit_share", std::to_string(shares.size()) + " shares, expected " +
                                                std::to_string(positions) +
                                                " as in the other configurations");
    if (!std::all_of(shares.begin(), shares.end(), is_share))
        fail_content(where + ".exit_share", "expected numbers from 0 to 1");
    return static_cast<int>(shares.size()) - 1;
}

void check_configuration(const std::string& where, const Configuration& configuration, std::size_t positions,
                         int max_sites) {
    check_name(where, configuration.name);
    if (configuration.score.size() > kMaxName || !is_printable_utf8(configuration.score))
        fail_content(where + ".score",
                     "found " + in_quotes(configuration.score) + ", expected the name of a score");
    const int sites = check_shares(where, configuration, positions);
    if (sites > max_sites)
        throw Error(ErrorCode::kResource, where + ".exit_share",
                    std::to_string(sites) + " sites, the limit is " + std::to_string(max_sites));
    check_exits(where, configuration, sites < 0 ? max_sites : sites);
    for (const auto& [name, value, share] : kEstimates) {
        const double estimate = configuration.*value;
        if (share && !is_share(estimate)) fail_content(where + "." + name, "expected a number from 0 to 1");
        if (!is_amount(estimate)) fail_content(where + "." + name, "expected a finite number from 0");
    }
    if (configuration.lambda && !std::isfinite(*configuration.lambda))
        fail_content(where + ".lambda", "expected a finite number");
}

}  // namespace

void check_configurations(const ConfigurationSet::Contents& contents, const ConfigurationLimits& limits) {
    check_digest("model_digest", contents.model_digest);
    check_digest("preprocess_digest", contents.preprocess_digest);
    check_word("precision", contents.precision, {"f32", "bf16", "int8"});
    check_word("cost_unit", contents.cost_unit, {"macs", "ms", "J"});
    check_note("split", contents.split);
    check_note("validated", contents.validated);
    check_base(contents.base);

    const auto& configurations = contents.configurations;
    if (configurations.empty()) fail_content("configurations", "is empty, expected at least one");
    if (configurations.size() > limits.configurations)
        throw Error(ErrorCode::kResource, "configurations",
                    std::to_string(configurations.size()) + ", the limit is " +
                        std::to_string(limits.configurations));
    std::unordered_set<std::string_view> names;
    double previous_cost = 0;
    for (std::size_t i = 0; i < configurations.size(); ++i) {
        const Configuration& configuration = configurations[i];
        const std::string where = "configurations[" + std::to_string(i) + "]";
        check_configuration(where, configuration, configurations[0].exit_share.size(), limits.sites);
        if (!names.insert(configuration.name).second)
            fail_content(where + ".name", in_quotes(configuration.name) + " occurs twice");
        if (configuration.cost < previous_cost)
            fail_content(where + ".cost",
                         "less than the cost of the configuration before, expected rising costs");
        previous_cost = configuration.cost;
    }
    const Json extra = parse_json(contents.extra, "extra");
    if (!extra.is_object()) JsonField(extra, "extra").fail("an object");
}

}  // namespace dyce
