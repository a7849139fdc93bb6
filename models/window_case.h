// A Conv or a pool as a line of text, which is what tests print and what `dyce bench --op` takes:
//
//   n2c16h9w9_oc32k3s2p1g4_relu
//
// Words with a number are, for the input: n c d h w (a missing d or h lowers the rank); for the window: oc
// (output channels) g (group) k (kernel) s (stride) dl (dilation) p (all pads) pe (pads at the end), and kw
// sw dlw for the last axis alone. Names follow: maxpool or averagepool, else the operator is Conv; then
// element-wise operators in lower case, applied in turn. "add" adds a second input, as a residual does.
// A value.
#pragma once

#include "graph/graph.h"

#include <string>
#include <vector>

namespace dyce {

struct WindowCase {
    const OpSpec* op = nullptr;
    Shape input;
    std::vector<std::int64_t> kernel, strides, dilations, pads;  ///< as ONNX writes them
    std::int64_t outputs = 1, group = 1;
    std::vector<const OpSpec*> followers;

    /// Throws Error{kUsage} naming the word that is wrong.
    explicit WindowCase(const std::string& text);

    /// (outputs, input channels of a group, kernel).
    Shape weights() const;
    /// The window's, which Conv and pools have in common.
    Attributes attributes() const;
    Attributes conv_attributes() const;

    /// Just that, for the whole batch; a Conv has a bias. Throws Error{kContent} when the window does not fit
    /// the input.
    Graph graph() const;
};

}  // namespace dyce
