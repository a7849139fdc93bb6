// Configuration sets as JSON text, schema dyce.configs/1 (docs/configuration-format.md). Pure functions.
#pragma once

#include <dyce/configuration.h>

#include <string>
#include <string_view>

namespace dyce {

/// The estimates of a configuration, in the order they are written.
struct EstimateMember {
    const char* name;
    double Configuration::*value;
    bool is_share;  ///< at most 1
};
constexpr EstimateMember kEstimates[] = {
    {"accuracy", &Configuration::accuracy, true}, {"accuracy_low", &Configuration::accuracy_low, true},
    {"macs", &Configuration::macs, false},        {"relative_macs", &Configuration::relative_macs, false},
    {"cost", &Configuration::cost, false},        {"relative_cost", &Configuration::relative_cost, false},
};

/// One line a configuration; numbers read back the same. The same contents give the same bytes.
std::string configurations_to_text(const ConfigurationSet::Contents& contents);

/// Every member must be there once, of its kind, and no other. What the members say is left to
/// check_configurations(). Throws Error{kContent} naming field and line, Error{kResource} over a limit.
ConfigurationSet::Contents configurations_from_text(std::string_view text, const std::string& where,
                                                    const ConfigurationLimits& limits);

}  // namespace dyce
