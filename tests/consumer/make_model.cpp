// make_model FILE: writes a network that names the strongest colour of an image. Its logits are four times
// the mean of red, green and blue, so that answers can be worked out by hand.
#include "graph/builder.h"
#include "loaders/format/model_file.h"

#include <dyce/error.h>

#include <cstdio>
#include <utility>

namespace {

dyce::Graph mean_colour() {
    dyce::GraphBuilder builder;
    const dyce::ValueId image = builder.input("input", {dyce::DataType::kFloat32, {1, 3, 8, 8}});
    const dyce::ValueId mean = builder.add("Flatten", {builder.add("GlobalAveragePool", {image})});
    const dyce::ValueId scale =
        builder.constant("scale", dyce::Tensor::of({3, 3}, {4, 0, 0, 0, 4, 0, 0, 0, 4}));
    builder.output(builder.add("MatMul", {mean, scale}, {}, "logits"));
    return std::move(builder).build();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        dyce::Member member;
        member.architecture = "mean_colour";
        member.graph = mean_colour();
        member.preprocess.height = 8;
        member.preprocess.width = 8;
        dyce::ModelData model;
        model.members.push_back(std::move(member));
        model.labels = {"red", "green", "blue"};
        dyce::save_model(argv[1], model);
    } catch (const dyce::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
