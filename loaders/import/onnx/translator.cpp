#include "loaders/import/onnx/translator.h"

#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/input_types.h"
#include "loaders/import/onnx/unsupported.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <unordered_map>

namespace dyce {
namespace {

constexpr std::int64_t kFoldingBytes = std::int64_t{64} << 20;

std::unordered_set<std::string> names_of(const OnnxModel& model) {
    std::unordered_set<std::string> names;
    for (const auto& [name, tensor] : model.constants) names.insert(name);
    for (const OnnxInput& input : model.inputs) names.insert(input.name);
    for (const OnnxNode& node : model.nodes) names.insert(node.outputs.begin(), node.outputs.end());
    return names;
}

// Transposed or rescaled weights are legal, a small file that unfolds to gigabytes is not.
std::int64_t folding_bytes(const OnnxModel& model) {
    std::int64_t bytes = kFoldingBytes;
    for (const auto& [name, tensor] : model.constants)
        bytes += 4 * static_cast<std::int64_t>(tensor.byte_size());
    return bytes;
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const auto end = std::min(list.find(' '), list.size());
        if (list.substr(0, end) == word) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

void check_against(const Conversion& conversion, const OnnxNode& node, int opset) {
    const std::string op = node.op + " of operator set " + std::to_string(opset);
    for (const std::string& name : node.attribute_names)
        if (!has_word(conversion.attributes, name))
            throw Error(ErrorCode::kContent, node.name, op + " has no attribute " + in_quotes(name));
    if (conversion.max_inputs >= 0 && node.inputs.size() > static_cast<std::size_t>(conversion.max_inputs))
        throw Error(ErrorCode::kContent, node.name,
                    std::to_string(node.inputs.size()) + " inputs; " + op + " has at most " +
                        std::to_string(conversion.max_inputs));
}

class Translator {
public:
    Translator(const OnnxModel& model, const OnnxOptions& options, std::int64_t batch)
        : model_(model),
          batched_(options.batched),
          writer_(options.batched, names_of(model), folding_bytes(model)) {
        for (const auto& [name, tensor] : model.constants) operands_[name] = writer_.constant(name, tensor);
        for (const OnnxInput& input : model.inputs) {
            const auto bound = options.bindings.find(input.name);
            operands_[input.name] = bound != options.bindings.end()
                                        ? writer_.constant(input.name, bound->second)
                                        : writer_.input(input.name, input_type(model, input, options, batch));
        }
    }

    Graph run() && {
        for (const OnnxNode& node : model_.nodes) translate(node);
        if (!unsupported_.empty()) unsupported_.refuse(model_.path);
        for (const std::string& name : model_.outputs) {
            Operand* operand = find(name);
            if (operand == nullptr)
                throw Error(ErrorCode::kContent, model_.path,
                            "graph output " + in_quotes(name) + " is an output that dyce does not compute");
            writer_.output(operand);
        }
        return std::move(writer_).build();
    }

private:
    Operand* find(const std::string& name) const {
        const auto found = operands_.find(name);
        return found == operands_.end() ? nullptr : found->second;
    }

    // Nodes that read what an unsupported node makes are passed over, so that one message names them all.
    void translate(const OnnxNode& node) {
        std::vector<Operand*> inputs;
        for (const std::string& name : node.inputs) {
            inputs.push_back(name.empty() ? nullptr : find(name));
            if (!name.empty() && inputs.back() == nullptr) return;
        }
        try {
            const auto results = convert(node, std::move(inputs));
            for (std::size_t i = 0; i < results.size(); ++i) operands_[node.outputs[i]] = results[i];
        } catch (const Unsupported& unsupported) {
            unsupported_.add(node, unsupported.reason);
        } catch (const Error& error) {
            const std::string message = error.where() == node.name ? error.message() : error.what();
            const ErrorCode code = error.code() == ErrorCode::kUsage ? ErrorCode::kContent : error.code();
            throw Error(code, model_.path + ": " + describe(node), message);
        }
    }

    std::vector<Operand*> convert(const OnnxNode& node, std::vector<Operand*> inputs) {
        const Conversion& conversion =
            *find_conversion(node.op, model_.opset);  // refuse_unsupported() looked
        check_against(conversion, node, model_.opset);
        NodeContext context(node, model_.opset, batched_, std::move(inputs), writer_);
        if (conversion.parameters >= 0)
            for (auto i = static_cast<std::size_t>(conversion.parameters); i < node.inputs.size(); ++i)
                if (context.has_input(i)) (void)context.constant(i);
        conversion.convert(context);
        return context.results();
    }

    const OnnxModel& model_;
    bool batched_;
    GraphWriter writer_;
    std::unordered_map<std::string, Operand*> operands_;  ///< by ONNX name
    UnsupportedNodes unsupported_;
};

}  // namespace

Graph translate(const OnnxModel& model, const OnnxOptions& options, std::int64_t batch) {
    return Translator(model, options, batch).run();
}

}  // namespace dyce
