// The list of nodes that cannot be imported: collected first, refused in one message. One thread.
#pragma once

#include "loaders/import/onnx/onnx_model.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// Thrown by conversions, caught by the translator: this node cannot be imported, for this reason.
struct Unsupported {
    std::string reason;
};

/// What to do about networks whose integers are computed with.
inline constexpr const char* kUseFloatNetwork =
    "convert the float network, then type dyce quantize and use --precision int8";

class UnsupportedNodes {
public:
    void add(const OnnxNode& node, const std::string& reason);
    bool empty() const { return kinds_.empty(); }
    /// Throws Error{kContent} listing every kind with its reason, the number of nodes and their names.
    [[noreturn]] void refuse(const std::string& path) const;

private:
    std::map<std::string, std::vector<std::string>> kinds_;  ///< "Resize: mode cubic" -> node names
};

/// Why no conversion serves the node: nothing when one does, "" when there is none for the operator.
std::optional<std::string> why_unsupported(const OnnxNode& node, int opset);

/// Refuses a model with nodes that have no conversion at its operator set, or whose attributes ask for
/// something that is not implemented.
void refuse_unsupported(const OnnxModel& model);

}  // namespace dyce
