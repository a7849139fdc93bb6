// A small model to save, load and damage.
#pragma once

#include "graph/builder.h"
#include "loaders/format/json.h"
#include "loaders/format/model_file.h"

#include <map>
#include <string>

namespace dyce::test {

/// 3x8x8 -> conv1 (4 filters 3x3, stride 2) -> relu -> conv2 (5 filters 4x4) -> 5 logits.
inline ModelData tiny_model() {
    const auto weights = [](const Shape& shape) {
        Tensor tensor(DataType::kFloat32, shape);
        float* values = tensor.mutable_data<float>();
        for (std::int64_t i = 0; i < tensor.elements(); ++i)
            values[i] = static_cast<float>(i % 7) * 0.25f - 0.5f;
        return tensor;
    };
    GraphBuilder builder;
    const ValueId input = builder.input("input", {DataType::kFloat32, {1, 3, 8, 8}});
    const ValueId conv1 = builder.add(
        "Conv", {input, builder.constant("conv1.weight", weights({4, 3, 3, 3}))},
        {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}, {"strides", std::vector<std::int64_t>{2, 2}}},
        "conv1");
    const ValueId relu = builder.add("Relu", {conv1}, {}, "relu");
    builder.output(builder.add("Conv",
                               {relu, builder.constant("conv2.weight", weights({5, 4, 4, 4})),
                                builder.constant("conv2.bias", weights({5}))},
                               {}, "logits"));
    Member member;
    member.architecture = "tiny";
    member.graph = std::move(builder).build();
    member.preprocess = {.height = 8,
                         .width = 8,
                         .resize = 10,
                         .crop = 8,
                         .mean = {0.485f, 0.456f, 0.406f},
                         .std = {0.229f, 0.224f, 0.225f}};
    ModelData model;
    model.labels = {"cat", "d\xC3\xB6g", "bird \"x\"", "cat", ""};
    member.parameters = 433;
    model.members.push_back(std::move(member));
    return model;
}

/// The parts of a model file, to be changed and written again; digests are left as they are.
struct ModelParts {
    std::map<std::string, std::string> metadata;
    std::map<std::string, Tensor> tensors;
    StoredTypes types;  ///< of the file to write

    explicit ModelParts(const std::string& path) {
        const Safetensors file = Safetensors::open(path);
        metadata = file.metadata();
        for (const auto& [name, entry] : file.entries()) tensors[name] = file.tensor(name);
    }
    /// Changes the JSON of one metadata key.
    template <class Change>
    void edit(const std::string& key, Change change) {
        Json json = parse_json(metadata.at(key), key);
        change(json);
        metadata[key] = json.dump();
    }
    void write(const std::string& path) const { write_safetensors(path, metadata, tensors, types); }
};

}  // namespace dyce::test
