// The built-in backbones, written with the graph builder under timm's and torchvision's parameter names.
#pragma once

#include "graph/builder.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace dyce {

/// Gives the parameter `name` of the expected `shape`. Throws Error{kContent} when it cannot.
using ParameterSource = std::function<Tensor(const std::string& name, const Shape& shape)>;

struct Backbone {
    std::string_view name;    ///< "resnet50"
    Shape input;              ///< of one picture, 3 x H x W
    std::string_view preset;  ///< preprocessing preset, "imagenet" or "cifar10"
    /// The whole network; `classes` is the size of the classifier's output.
    Graph (*build)(const ParameterSource& parameters, int classes);
};

std::span<const Backbone> backbones();
/// nullptr when there is none of this name.
const Backbone* find_backbone(std::string_view name);

}  // namespace dyce
