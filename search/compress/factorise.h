// Convolutions in place of which three smaller ones do. A function.
#pragma once

#include "loaders/format/model_file.h"
#include "search/train/network/image_store.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dyce {

enum class Factorise {
    kNever,
    kWhereCheap,    ///< where it costs no more than half a point of accuracy
    kWhereSmaller,  ///< wherever it saves weights
};

struct FactorisedLayer {
    std::string name;
    std::size_t outputs, inputs;  ///< ranks
    std::int64_t weights_before, weights_after;
};

/// Replaces convolutions of more than one tap, the largest first, by their factors (tucker.h) where these have at least
/// 1.3 times fewer weights: ordinary convolutions, the first and the last of one tap. The last one is fitted anew to what
/// the layer made of the first of `images`. `accuracy` tells what a network is worth. With `for_time` only those are
/// replaced that take a third of the multiply-adds then, at most. Gives those that were replaced.
std::vector<FactorisedLayer> factorise(Member& member, Factorise mode, const ImageStore& store,
                                       std::span<const std::int64_t> images, int threads,
                                       const std::function<double(const Member&)>& accuracy,
                                       bool for_time = false);

}  // namespace dyce
