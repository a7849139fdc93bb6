// The gates of a model, as inspect and report show them. Pure functions.
#pragma once

#include "loaders/format/model_file.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace dyce {

/// A gate; sites count through all members.
struct GateRow {
    int member, site, skips;
    std::string name;         ///< of the value that it reads
    std::int64_t macs;        ///< of the gate
    std::int64_t stage_macs;  ///< of the stage that images may skip
    double tau;
};

/// In the order of sites.
std::vector<GateRow> list_gates(const ModelData& model);

/// [{"site", "skips", "macs", "stage_macs", "tau"}, ..]
nlohmann::ordered_json gates_to_json(const std::vector<GateRow>& gates);

/// Lines for people about those of one member; none without.
void print_gates(const std::vector<GateRow>& gates, int member);

/// A section of an HTML page.
std::string gates_section(const std::vector<GateRow>& gates);

}  // namespace dyce
