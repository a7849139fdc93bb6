// A small network of residual blocks that can be built without any of them, for tests of blocks that are left out.
#pragma once

#include "tests/search/compress/small_network.h"

#include <string>
#include <vector>

namespace dyce::test {

inline ValueId residual_conv(GraphBuilder& builder, ValueId x, const std::string& name, float gain) {
    std::mt19937 random(7);
    for (const char c : name) random.seed(static_cast<unsigned>(random() + static_cast<unsigned char>(c)));
    const std::int64_t inputs = builder.type(x).shape[1];
    const float reach = gain / std::sqrt(static_cast<float>(9 * inputs));
    return builder.add(
        "Conv",
        {x, builder.constant(name + ".weight", random_tensor({16, inputs, 3, 3}, random, -reach, reach)),
         builder.constant(name + ".bias", random_tensor({16}, random, -0.1f, 0.1f))},
        {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}, name);
}

/// 3x8x8 -> stem -> blocks relu(x + conv(relu(conv(x)))) -> mean -> 4 logits. Block b ends at the value "block.b"; its
/// weights depend on b alone. Sites are the ends of blocks; all but the first can be skipped.
inline ModelData residual_network(const std::vector<int>& blocks) {
    std::mt19937 random(3);
    GraphBuilder builder;
    const ValueId input = builder.input("input", {DataType::kFloat32, {1, 3, 8, 8}});
    ValueId x = builder.add("Relu", {residual_conv(builder, input, "stem", 2.5f)}, {}, "stem.relu");
    for (const int block : blocks) {
        const std::string name = "block." + std::to_string(block);
        ValueId y =
            builder.add("Relu", {residual_conv(builder, x, name + ".first", 2.f)}, {}, name + ".relu");
        y = residual_conv(builder, y, name + ".second", 1.f + 0.3f * static_cast<float>(block));
        x = builder.add("Relu", {builder.add("Add", {y, x}, {}, name + ".sum")}, {}, name);
    }
    return model_of_four_colors(std::move(builder), x, random, "residual");
}

}  // namespace dyce::test
