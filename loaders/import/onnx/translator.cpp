#include "loaders/import/onnx/translator.h"

#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/input_types.h"
#include "loaders/import/onnx/unsupported.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
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
          batch_(options.batched ? std::max<std::int64_t>(batch, 1) : 0),
          writer_(options.batched, names_of(model), folding_bytes(model)) {
        for (const auto& [name, tensor] : model.constants) add_constant(name, name, tensor);
        for (const OnnxInput& input : model.inputs) {
            const auto bound = options.bindings.find(input.name);
            scopes_[0][input.name] =
                bound != options.bindings.end()
                    ? writer_.constant(input.name, bound->second)
                    : writer_.input(input.name, input_type(model, input, options, batch));
        }
    }

    Graph run() && {
        for (const OnnxNode& node : model_.nodes) translate(node);
        if (!unsupported_.empty()) unsupported_.refuse(model_.path);
        for (const std::string& name : model_.outputs) {
            Operand* operand = find(name);
            if (operand == nullptr || operand->stands_for != nullptr)
                throw Error(ErrorCode::kContent, model_.path,
                            "graph output " + in_quotes(name) + " is an output that dyce does not compute");
            writer_.output(operand);
        }
        return std::move(writer_).build();
    }

private:
    Operand* find(const std::string& name) const {
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
            if (const auto found = scope->find(name); found != scope->end()) return found->second;
        return nullptr;
    }

    void add_constant(const std::string& name, const std::string& unique, const Tensor& tensor) {
        Operand* operand = scopes_.back()[name] = writer_.constant(unique, tensor);
        if (const auto range = model_.integer_ranges.find(name); range != model_.integer_ranges.end())
            operand->integers = range->second;
    }

    // Nodes of branches get names of their own: those of two branches may be the same.
    OnnxNode renamed(OnnxNode node) {
        for (std::string& name : node.outputs)
            if (!name.empty()) name = writer_.unique_name(name);
        return node;
    }

    // Nodes that read what an unsupported node makes are passed over, so that one message names them all.
    void translate(const OnnxNode& node) {
        std::vector<Operand*> inputs;
        for (const std::string& name : node.inputs) {
            inputs.push_back(name.empty() ? nullptr : find(name));
            if (!name.empty() && inputs.back() == nullptr) return;
        }
        try {
            const bool is_inner = scopes_.size() > 1;
            const auto results = convert(is_inner ? renamed(node) : node, std::move(inputs));
            if (const auto range = model_.integer_ranges.find(node.outputs[0]);
                range != model_.integer_ranges.end() && node.op == "Constant")
                results[0]->integers = range->second;
            for (std::size_t i = 0; i < results.size(); ++i) scopes_.back()[node.outputs[i]] = results[i];
        } catch (const Unsupported& unsupported) {
            unsupported_.add(node, unsupported.reason);
        } catch (const Error& error) {
            const std::string message = error.where() == node.name ? error.message() : error.what();
            const ErrorCode code = error.code() == ErrorCode::kUsage ? ErrorCode::kContent : error.code();
            throw Error(code, model_.path + ": " + describe(node), message);
        }
    }

    std::vector<Operand*> convert(const OnnxNode& node, std::vector<Operand*> inputs) {
        if (const auto reason = why_unsupported(node, model_.opset)) throw Unsupported{*reason};
        const Conversion& conversion = *find_conversion(node.op, model_.opset);
        check_against(conversion, node, model_.opset);
        for (const Operand* input : inputs)
            if (input != nullptr && input->stands_for != nullptr && !node.op.ends_with("DequantizeLinear"))
                throw Unsupported{"reads integers of QuantizeLinear; " + std::string(kUseFloatNetwork)};
        NodeContext context(node, model_.opset, batch_, std::move(inputs), writer_);
        if (node.op == "If") return take_branch(node, context);
        if (conversion.parameters >= 0)
            for (auto i = static_cast<std::size_t>(conversion.parameters); i < node.inputs.size(); ++i)
                if (context.has_input(i)) (void)context.constant(i);
        conversion.convert(context);
        return context.results();
    }

    // The branch that a constant condition chooses stands in for the If.
    std::vector<Operand*> take_branch(const OnnxNode& node, const NodeContext& context) {
        if (!context.has_input(0)) throw Unsupported{""};
        const Tensor& condition = context.constant(0);
        if (condition.dtype() != DataType::kBool || condition.elements() != 1)
            context.fail("condition is " + std::string(name_of(condition.dtype())) + " " +
                         condition.shape().to_string() + ", expected one bool");
        const auto branch = node.branches.find(condition.data<bool>()[0] ? "then_branch" : "else_branch");
        if (branch == node.branches.end() || branch->second->outputs.size() != node.outputs.size())
            context.fail("has no branch of " + std::to_string(node.outputs.size()) + " outputs");
        scopes_.emplace_back();
        for (const auto& [name, tensor] : branch->second->constants)
            add_constant(name, writer_.unique_name(name), tensor);
        for (const OnnxNode& inner : branch->second->nodes) translate(inner);
        std::vector<Operand*> results;
        for (const std::string& name : branch->second->outputs) results.push_back(find(name));
        scopes_.pop_back();
        if (std::count(results.begin(), results.end(), nullptr) > 0)
            throw Unsupported{"a branch that cannot be computed"};
        return results;
    }

    const OnnxModel& model_;
    std::int64_t batch_;
    GraphWriter writer_;
    std::vector<std::unordered_map<std::string, Operand*>> scopes_{
        1};  ///< by ONNX name; inner ones of branches
    UnsupportedNodes unsupported_;
};

}  // namespace

Graph translate(const OnnxModel& model, const OnnxOptions& options, std::int64_t batch) {
    return Translator(model, options, batch).run();
}

}  // namespace dyce
