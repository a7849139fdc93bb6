#include "loaders/import/onnx/unsupported.h"

#include "loaders/import/onnx/conversions.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

constexpr std::size_t kShownNames = 8;  ///< of each kind; one broken layer is often repeated a hundred times

}  // namespace

void UnsupportedNodes::add(const OnnxNode& node, const std::string& reason) {
    kinds_[node.op + (reason.empty() ? "" : ", " + reason)].push_back(node.name);
}

void UnsupportedNodes::refuse(const std::string& path) const {
    std::size_t count = 0;
    std::string list;
    for (const auto& [kind, names] : kinds_) {
        count += names.size();
        list += "\n  " + kind + ": " + std::to_string(names.size()) +
                (names.size() == 1 ? " node (" : " nodes (");
        for (std::size_t i = 0; i < std::min(names.size(), kShownNames); ++i)
            list += (i == 0 ? "" : ", ") + in_quotes(names[i]);
        list += names.size() > kShownNames ? ", ...)" : ")";
    }
    throw Error(ErrorCode::kContent, path,
                std::to_string(count) + (count == 1 ? " node is" : " nodes are") + " not supported:" + list);
}

std::optional<std::string> why_unsupported(const OnnxNode& node, int opset) {
    const Conversion* conversion = find_conversion(node.op, opset);
    constexpr std::string_view kOfIntegers[] = {"ConvInteger",   "DynamicQuantizeLinear",
                                                "MatMulInteger", "QLinearConv",
                                                "QLinearMatMul", "com.microsoft.DynamicQuantizeMatMul"};
    if (conversion == nullptr && std::count(std::begin(kOfIntegers), std::end(kOfIntegers), node.op) > 0)
        return kUseFloatNetwork;
    if (conversion == nullptr) return is_converted(node.op) ? "operator set " + std::to_string(opset) : "";
    const std::string reason = conversion->refuse != nullptr ? conversion->refuse(node) : "";
    return reason.empty() ? std::nullopt : std::optional(reason);
}

void refuse_unsupported(const OnnxModel& model) {
    UnsupportedNodes list;
    for (const OnnxNode& node : model.nodes)
        if (const auto reason = why_unsupported(node, model.opset)) list.add(node, *reason);
    if (!list.empty()) list.refuse(model.path);
}

}  // namespace dyce
