// What attention networks share: the two halves of an encoder block. Tokens are N x .. x T x C, in groups of T that
// see one another.
#pragma once

#include "models/layers.h"

namespace dyce::models {

struct Attention {
    std::int64_t heads;
    std::string queries_keys_values;  ///< in front of "weight" and "bias" of all three in one: "qkv."
    std::string projection;           ///< "proj"
    ValueId bias = -1;                ///< of the scores, broadcast to N x .. x heads x T x T; -1 for none
};

/// softmax(q k' / sqrt(C / heads) + bias) v for each head, projected (Vaswani et al., 2017).
ValueId self_attention(const Layers& net, ValueId x, const Attention& attention);

/// Two linear layers with a GELU between them, `inside` numbers wide.
ValueId feed_forward(const Layers& net, const std::string& first, const std::string& second, ValueId x,
                     std::int64_t inside);

}  // namespace dyce::models
