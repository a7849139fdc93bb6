// The built-in backbones under timm's and torchvision's parameter names; one file a family.
// Immutable tables, shared by all threads.
#pragma once

#include "graph/graph.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

class Layers;

/// Gives the parameter `name` of the expected `shape`, float32. Throws Error{kContent} when it cannot.
using ParameterSource = std::function<Tensor(const std::string& name, const Shape& shape)>;

/// A piece of a parameter's name, as files have it and as it is here.
struct ParameterName {
    std::string_view there, here;
};

struct Backbone {
    std::string_view name;        ///< "resnet50"
    std::string_view classifier;  ///< the parameter with one row per class, "fc.weight"
    /// The network from the image (1 x 3 x H x W) to its logits (1 x classes).
    ValueId (*logits)(const Layers& net, ValueId image, int classes);
    int side = 224;                        ///< height and width of the usual image
    std::string_view preset = "imagenet";  ///< of the preprocessing, for images of these sides
    /// Its blocks by name, where exits may go; empty when the rule of find_import_sites() does.
    std::span<const std::string_view> blocks = {};
    /// Whether the published weights expect (x - 0.5) / 0.5 although torchvision's preparation is ImageNet's
    /// usual one: its module turns one into the other before its first layer (`transform_input`).
    bool published_centred = false;
    /// Pieces of names that only parameters have which the network does without, as of auxiliary classifiers.
    std::span<const std::string_view> left_out = {};
    std::span<const ParameterName> old_names = {};  ///< that files may have, too

    /// The usual image, 3 x side x side.
    Shape input() const { return {3, side, side}; }
    std::vector<std::string> site_names() const { return {blocks.begin(), blocks.end()}; }
};

/// All of them, family by family, small to big.
std::span<const Backbone> backbones();
/// Throws Error{kUsage} naming the nearest one when there is none of this name.
const Backbone& find_backbone(std::string_view name);

/// The network for images of 3 x H x W (`input`), as it is trained: batch norms are nodes of their own and
/// every parameter is a constant under its name. Layers that only training knows are left out.
/// The graph's input is "input", its output "logits"; blocks' results are called as the blocks are.
/// Throws Error{kContent} when the image is too small, and what `parameters` throws.
Graph build_backbone(const Backbone& backbone, const ParameterSource& parameters, int classes,
                     const Shape& input);

}  // namespace dyce
