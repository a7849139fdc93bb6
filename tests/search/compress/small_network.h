// A network of three layers and images it can learn, for tests of compression.
#pragma once

#include "graph/builder.h"
#include "graph/exits/exits.h"
#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "tests/support/tensors.h"

#include <random>
#include <string>
#include <vector>

namespace dyce::test {

/// Image i is of class i % 4: a colour with a little noise.
class FourColors final : public Dataset {
public:
    explicit FourColors(std::int64_t count = 96) : count_(count) {}
    std::int64_t size() const override { return count_; }
    std::string name(std::int64_t i) const override { return std::to_string(i); }
    int label(std::int64_t i) const override { return static_cast<int>(i % 4); }
    Image image(std::int64_t i) const override {
        std::mt19937 random(static_cast<unsigned>(i));
        std::vector<std::uint8_t> bytes(8 * 8 * 3);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            const bool bright = at % 3 == static_cast<std::size_t>(i % 4);  // class 3 is dark
            bytes[at] = static_cast<std::uint8_t>((bright ? 150 : 40) + random() % 60);
        }
        return Image::from_rgb(8, 8, bytes.data());
    }

private:
    std::int64_t count_;
};

inline Preprocess recipe_of_four_colors() {
    Preprocess recipe;
    recipe.height = recipe.width = 8;
    recipe.mean = {0.5f, 0.5f, 0.5f};
    recipe.std = {0.5f, 0.5f, 0.5f};
    return recipe;
}

/// What begins with `builder`, whose `map` of 16 channels a classifier of the four colours is put behind.
inline ModelData model_of_four_colors(GraphBuilder builder, ValueId map, std::mt19937& random,
                                      const std::string& architecture) {
    const ValueId mean = builder.add("GlobalAveragePool", {map}, {}, "mean");
    builder.output(builder.add("Gemm",
                               {builder.add("Flatten", {mean}, {}, "flat"),
                                builder.constant("last.weight", random_tensor({4, 16}, random, -0.3f, 0.3f)),
                                builder.constant("last.bias", random_tensor({4}, random, -0.1f, 0.1f))},
                               {{"transB", std::int64_t{1}}}, "logits"));
    ModelData model;
    model.classes = 4;
    model.members.emplace_back();
    Member& member = model.members[0];
    member.architecture = architecture;
    member.graph = std::move(builder).build();
    member.preprocess = recipe_of_four_colors();
    member.parameters = count_parameters(member.graph);
    member.exits = find_exits(member.graph);
    return model;
}

/// 3x8x8 -> conv 3x3 x16 -> relu -> conv 3x3 x16, stride 2 -> relu -> mean -> 4 logits; norms folded.
inline ModelData small_network() {
    std::mt19937 random(3);
    GraphBuilder builder;
    const std::vector<std::int64_t> pads{1, 1, 1, 1}, two{2, 2}, three{3, 3};
    const ValueId input = builder.input("input", {DataType::kFloat32, {1, 3, 8, 8}});
    ValueId x = builder.add(
        "Conv",
        {input, builder.constant("first.weight", random_tensor({16, 3, 3, 3}, random, -0.3f, 0.3f)),
         builder.constant("first.bias", random_tensor({16}, random, -0.1f, 0.1f))},
        {{"pads", pads}, {"kernel_shape", three}, {"group", std::int64_t{1}}}, "first");
    x = builder.add("Relu", {x}, {}, "first.relu");
    x = builder.add("Conv",
                    {x, builder.constant("second.weight", random_tensor({16, 16, 3, 3}, random, -0.2f, 0.2f)),
                     builder.constant("second.bias", random_tensor({16}, random, -0.1f, 0.1f))},
                    {{"pads", pads}, {"strides", two}}, "second");
    x = builder.add("Relu", {x}, {}, "second.relu");
    return model_of_four_colors(std::move(builder), x, random, "small");
}

}  // namespace dyce::test
