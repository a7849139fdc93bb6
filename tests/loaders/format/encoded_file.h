// A model file whose first weights are encoded by hand: loops of this file alone, none of the product's.
#pragma once

#include "tests/loaders/format/tiny_model.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace dyce::test {

constexpr const char* kEncoded = "conv1.weight";  // 4 x 3 x 3 x 3: multiples of 0.25 from -0.5 to 1

template <class T>
Tensor bytes_tensor(const std::vector<T>& bytes) {
    static_assert(sizeof(T) == 1);
    Tensor tensor(DataType::kUint8, {static_cast<std::int64_t>(bytes.size())});
    if (!bytes.empty()) std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
    return tensor;
}

inline Tensor floats_tensor(const std::vector<float>& floats) {
    Tensor tensor(DataType::kFloat32, {static_cast<std::int64_t>(floats.size())});
    if (!floats.empty()) std::memcpy(tensor.mutable_bytes(), floats.data(), floats.size() * sizeof(float));
    return tensor;
}

/// The parts of the tiny model's file without conv1.weight, and what that holds.
struct EncodedFile {
    ModelParts parts;
    Tensor dense;
    std::vector<std::uint8_t> mask, gaps;
    std::vector<float> values;
    std::vector<std::int8_t> integers;  // of scale 0.25

    explicit EncodedFile(const std::string& path) : parts((save_model(path, tiny_model()), path)) {
        dense = parts.tensors.at(kEncoded);
        parts.tensors.erase(kEncoded);
        const std::int64_t count = dense.elements();
        mask.resize(static_cast<std::size_t>((count + 7) / 8));
        int zeros = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const float value = dense.data<float>()[i];
            if (value == 0) {
                ++zeros;
                continue;
            }
            mask[static_cast<std::size_t>(i / 8)] |= static_cast<std::uint8_t>(1 << (i % 8));
            gaps.push_back(static_cast<std::uint8_t>(zeros));
            zeros = 0;
            values.push_back(value);
            integers.push_back(static_cast<std::int8_t>(value * 4));
        }
        if (zeros > 0) gaps.push_back(static_cast<std::uint8_t>(zeros));
    }

    void add(const std::string& name, const Tensor& tensor, const std::string& type = "") {
        parts.tensors[name] = tensor;
        if (!type.empty()) parts.types[name] = type;
    }
    void encode(const std::string& name, const Json& entry) {
        Json table = parts.metadata.count("dyce.tensors") == 0
                         ? Json::object()
                         : parse_json(parts.metadata.at("dyce.tensors"), "dyce.tensors");
        table[name] = entry;
        parts.metadata["dyce.tensors"] = table.dump();
    }
    /// A mask over integers of scale 0.25 in bfloat16.
    void encode_by_mask() {
        add("m", bytes_tensor(mask));
        add("v", bytes_tensor(integers), "I8");
        add("s", floats_tensor({0.25f, 0.25f, 0.25f, 0.25f}), "BF16");
        encode(kEncoded,
               {{"as", "mask"}, {"values", "v"}, {"mask", "m"}, {"scale", "s"}, {"shape", {4, 3, 3, 3}}});
    }
};

}  // namespace dyce::test
