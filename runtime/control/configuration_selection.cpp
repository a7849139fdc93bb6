#include "runtime/core/nearest_name.h"
#include "runtime/core/text.h"

#include <dyce/configuration.h>
#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace dyce {
namespace {

constexpr const char* kWhere = "configuration";
constexpr double kBalancedLoss = 0.005;
// Accuracies are quotients: a loss of 5 in 1,000 comes out a little above 0.005.
constexpr double kRounding = 1e-9;

bool less_accurate(const Configuration& a, const Configuration& b) { return a.accuracy < b.accuracy; }

const Configuration& fastest(const ConfigurationSet::Contents& set) { return set.configurations.front(); }

// The cheapest of those with the highest accuracy: the first of them.
const Configuration& most_accurate(const ConfigurationSet::Contents& set) {
    return *std::max_element(set.configurations.begin(), set.configurations.end(), less_accurate);
}

const Configuration& balanced(const ConfigurationSet::Contents& set) {
    const double enough = set.base.accuracy - kBalancedLoss - kRounding;
    const auto found = std::find_if(set.configurations.begin(), set.configurations.end(),
                                    [&](const Configuration& c) { return c.accuracy >= enough; });
    return found == set.configurations.end() ? most_accurate(set) : *found;
}

struct Keyword {
    std::string_view name;
    const Configuration& (*select)(const ConfigurationSet::Contents&);
};
constexpr Keyword kKeywords[] = {
    {"fastest", fastest}, {"most-accurate", most_accurate}, {"balanced", balanced}};

std::string shown(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr};
}

[[noreturn]] void none_fits(const std::string& asked, const char* what, double bound,
                            const Configuration& nearest, double figure) {
    throw Error(ErrorCode::kUsage, kWhere,
                "none has " + asked + " " + shown(bound) + "; the nearest is \"" + nearest.name + "\" with " +
                    what + " " + shown(figure));
}

const Configuration& within_cost(const ConfigurationSet::Contents& set, double bound) {
    const Configuration* best = nullptr;
    for (const Configuration& c : set.configurations)
        if (c.relative_cost <= bound && (best == nullptr || less_accurate(*best, c))) best = &c;
    if (best != nullptr) return *best;
    const auto nearest = std::min_element(
        set.configurations.begin(), set.configurations.end(),
        [](const Configuration& a, const Configuration& b) { return a.relative_cost < b.relative_cost; });
    none_fits("a relative cost <=", "relative cost", bound, *nearest, nearest->relative_cost);
}

const Configuration& reaching_accuracy(const ConfigurationSet::Contents& set, double bound) {
    const auto found = std::find_if(set.configurations.begin(), set.configurations.end(),
                                    [&](const Configuration& c) { return c.accuracy_low >= bound; });
    if (found != set.configurations.end()) return *found;
    const auto nearest = std::max_element(
        set.configurations.begin(), set.configurations.end(),
        [](const Configuration& a, const Configuration& b) { return a.accuracy_low < b.accuracy_low; });
    none_fits("an accuracy >=", "accuracy", bound, *nearest, nearest->accuracy_low);
}

struct BoundKeyword {
    std::string_view name;
    const Configuration& (*select)(const ConfigurationSet::Contents&, double);
};
constexpr BoundKeyword kBounds[] = {{"max-cost=", within_cost},
                                    {"cost<=", within_cost},
                                    {"min-accuracy=", reaching_accuracy},
                                    {"accuracy>=", reaching_accuracy}};

double parse_bound(std::string_view selector, std::string_view text) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        throw Error(ErrorCode::kUsage, kWhere,
                    in_quotes(selector) + " given, expected a number after " +
                        in_quotes(selector.substr(0, selector.size() - text.size())));
    return value;
}

// "cost<0.5" is a slip in "cost<=0.5": its number says nothing about which bound was meant.
std::string_view without_number(std::string_view selector) {
    return selector.substr(0, selector.find_last_not_of("0123456789.") + 1);
}

[[noreturn]] void unknown(const std::string& selector, const std::vector<Configuration>& configurations) {
    std::vector<std::string_view> known, bounds;
    for (const Keyword& keyword : kKeywords) known.push_back(keyword.name);
    for (const BoundKeyword& bound : kBounds) bounds.push_back(bound.name);
    known.insert(known.end(), bounds.begin(), bounds.end());
    for (const Configuration& c : configurations) known.push_back(c.name);
    const std::string hint = nearest_hint(selector, known, "'");
    throw Error(ErrorCode::kUsage, kWhere,
                in_quotes(selector) + " is neither a name of the set nor a keyword" +
                    (hint.empty() ? nearest_hint(without_number(selector), bounds, "'") : hint));
}

}  // namespace

const Configuration& ConfigurationSet::at(const std::string& selector) const {
    const std::vector<Configuration>& configurations = contents_->configurations;
    const auto named = std::find_if(configurations.begin(), configurations.end(),
                                    [&](const Configuration& c) { return c.name == selector; });
    if (named != configurations.end()) return *named;
    for (const Keyword& keyword : kKeywords)
        if (selector == keyword.name) return keyword.select(*contents_);
    for (const BoundKeyword& bound : kBounds)
        if (selector.rfind(bound.name, 0) == 0)
            return bound.select(*contents_,
                                parse_bound(selector, std::string_view(selector).substr(bound.name.size())));
    unknown(selector, configurations);
}

}  // namespace dyce
