#include "loaders/format/variant_json.h"

#include "graph/exits/gates.h"
#include "runtime/core/fail.h"

namespace dyce {
namespace {

constexpr const char* kGateThresholdKey = "gate_threshold";

bool is_tau(double number) { return number >= 0 && number <= 1; }

}  // namespace

std::string variant_to_text(const ExitTable& exits, double gate_threshold) {
    if (!has_gates(exits) || gate_threshold == kGateThreshold) return "";
    if (!is_tau(gate_threshold))
        fail_content(kGateThresholdKey, std::to_string(gate_threshold) + ", expected a number of 0 to 1");
    return canonical_text({{kGateThresholdKey, gate_threshold}});
}

double gate_threshold_from_text(const std::string& text, const std::string& where, const ExitTable& exits) {
    if (text.empty()) return kGateThreshold;
    const Json json = parse_json(text, where);
    JsonFields fields({json, where});
    double tau = kGateThreshold;
    if (fields.has(kGateThresholdKey)) {
        const JsonField field = fields[kGateThresholdKey];
        tau = field.real();
        if (!is_tau(tau)) field.fail("a number of 0 to 1");
        if (!has_gates(exits)) field.fail("none: the member has no gates");
    }
    fields.finish();
    return tau;
}

}  // namespace dyce
