#include "loaders/import/onnx/onnx_import.h"

#include "graph/passes/passes.h"
#include "graph/verify.h"
#include "loaders/import/onnx/batch.h"
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/input_types.h"
#include "loaders/import/onnx/onnx_model.h"
#include "loaders/import/onnx/proto_file.h"
#include "loaders/import/onnx/tensor_proto.h"
#include "loaders/import/onnx/translator.h"

#include <dyce/error.h>

#include <algorithm>
#include <optional>
#include <set>

namespace dyce {
namespace {

/// Runs `action`; its errors name `path`.
template <class Action>
void named_after(const std::string& path, Action action) {
    try {
        action();
    } catch (const Error& error) {
        throw Error(error.code(), path + ": " + error.where(), error.message());
    }
}

Graph translate_for_others(const OnnxModel& model, const OnnxOptions& options) {
    try {
        return translate(model, options, kOtherBatch);
    } catch (const Error& error) {
        throw Error(error.code(), error.where(),
                    error.message() + " (with " + std::to_string(kOtherBatch) +
                        " images at once, which the first dimension of the input promises)");
    }
}

// A file with an open first dimension is translated twice, for different numbers of images: what does not
// depend on them is the network. One exported for a fixed number is translated for that, and the result tried
// with others.
Graph translate_batched(const OnnxModel& model, const OnnxOptions& options) {
    const auto fixed = fixed_batch(model, options);
    Graph graph = translate(model, options, fixed.value_or(1));
    if (graph.inputs.empty()) throw Error(ErrorCode::kContent, model.path, "the graph has no input");
    for (GraphInput& input : graph.inputs) input.type.shape[0] = 1;
    std::optional<Graph> other;
    if (!fixed) other = translate_for_others(model, options);
    named_after(model.path, [&] {
        if (other) reconcile_batches(graph, *other);
        verify(graph);
        refuse_mixed_images(graph);
    });
    return graph;
}

}  // namespace

Graph import_onnx(const std::string& path, const OnnxOptions& options, OnnxFacts* facts) {
    const OnnxModel model = read_onnx_model(path);
    if (facts != nullptr)
        facts->takes_bytes =
            std::any_of(model.inputs.begin(), model.inputs.end(),
                        [](const OnnxInput& input) { return input.type.dtype == DataType::kUint8; });
    check_bindings(model, options);
    Graph graph = options.batched ? translate_batched(model, options) : translate(model, options, 1);
    named_after(path, [&] { simplify(graph); });
    return graph;
}

std::vector<OnnxInput> onnx_inputs(const std::string& path) {
    OnnxModel model = read_onnx_model(path);
    std::set<std::string> parameters;
    for (const OnnxNode& node : model.nodes) {
        const Conversion& conversion = *find_conversion(node.op, model.opset);
        if (conversion.parameters < 0) continue;
        for (auto i = static_cast<std::size_t>(conversion.parameters); i < node.inputs.size(); ++i)
            parameters.insert(node.inputs[i]);
    }
    for (OnnxInput& input : model.inputs) input.parameter = parameters.count(input.name) != 0;
    return model.inputs;
}

Tensor read_tensor_proto(const std::string& path, std::string* name) {
    onnx::TensorProto proto;
    parse_protobuf(path, proto);
    if (name != nullptr) *name = proto.name();
    return decode_tensor(proto, folder_of(path), path);
}

}  // namespace dyce
