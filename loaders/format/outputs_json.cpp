#include "loaders/format/outputs_json.h"

#include <algorithm>

namespace dyce {

std::string outputs_to_text(const Graph& graph, OutputActivation activation) {
    if (activation == OutputActivation::kSoftmax) return "";
    return canonical_text(
        {{"logits", graph.value(graph.outputs[0]).name}, {"activation", name_of(activation)}});
}

OutputActivation outputs_from_text(const std::string& text, const std::string& where, const Graph& graph) {
    if (text.empty()) return OutputActivation::kSoftmax;
    const Json json = parse_json(text, where);
    const JsonField field(json, where);
    JsonFields fields(field);
    const JsonField logits = fields["logits"], activation = fields["activation"];
    if (logits.text() != graph.value(graph.outputs[0]).name)
        logits.fail("the first output of the graph, '" + graph.value(graph.outputs[0]).name + "'");
    const auto found = std::find(kActivationNames.begin(), kActivationNames.end(), activation.text());
    if (found == kActivationNames.end()) activation.fail("softmax, sigmoid or none");
    fields.finish();
    return static_cast<OutputActivation>(found - kActivationNames.begin());
}

}  // namespace dyce
