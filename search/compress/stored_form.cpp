#include "search/compress/stored_form.h"

#include "graph/exits/head_nodes.h"
#include "runtime/core/bfloat16.h"
#include "search/compress/short_names.h"
#include "search/train/network/start_network.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>

namespace dyce {
namespace {

constexpr float kMostInteger = 127;

float narrow(float value) { return from_bfloat16(to_bfloat16(value)); }

// The least number of bfloat16 that is no smaller.
float narrow_up(float value) {
    const float rounded = narrow(value);
    return rounded >= value ? rounded : narrow(value * (1 + 0x1p-7f));
}

// A small number of the sign of `value` in place of a zero that it became.
float kept(float rounded, float value, float least, SmallNumbers small) {
    if (rounded != 0) return rounded;
    return small == SmallNumbers::kVanish || value == 0 ? 0.f : std::copysign(least, value);
}

// Rounds each row to 127 steps to both sides, and gives the steps.
Tensor round_to_integers(Tensor& weights, SmallNumbers small) {
    const std::int64_t rows = weights.shape()[0], size = weights.elements() / rows;
    Tensor scale(DataType::kFloat32, {rows});
    float* numbers = weights.mutable_data<float>();
    for (std::int64_t row = 0; row < rows; ++row, numbers += size) {
        float largest = 0;
        for (std::int64_t i = 0; i < size; ++i) largest = std::max(largest, std::abs(numbers[i]));
        const float step =
            largest > 0 ? std::max(narrow_up(largest / kMostInteger), std::numeric_limits<float>::min()) : 1;
        scale.mutable_data<float>()[row] = step;
        for (std::int64_t i = 0; i < size; ++i)
            numbers[i] = kept(std::nearbyint(numbers[i] / step) * step, numbers[i], step, small);
    }
    return scale;
}

void round_to_bfloat16(Tensor& tensor, SmallNumbers small) {
    float* numbers = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        numbers[i] = kept(narrow(numbers[i]), numbers[i], std::numeric_limits<float>::min(), small);
}

// Zeros of one kind: where a norm's scale is negative, folding makes negative ones.
void clear_signs_of_zeros(Tensor& weights) {
    float* numbers = weights.mutable_data<float>();
    for (std::int64_t i = 0; i < weights.elements(); ++i)
        if (numbers[i] == 0) numbers[i] = 0;
}

bool is_layer_weight(const Graph& graph, ValueId id) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
        return (node.spec->name == "Conv" || node.spec->name == "Gemm") && node.inputs[1] == id;
    });
}

// Rounds a constant to what is stored of it; nothing where that is all of it.
std::optional<TensorStorage> store_constant(const Graph& graph, ValueId id, Tensor& constant,
                                            StoredNumbers numbers, SmallNumbers small) {
    TensorStorage storage;
    if (is_layer_weight(graph, id)) {
        clear_signs_of_zeros(constant);
        if (numbers == StoredNumbers::kInt8) storage.scale = round_to_integers(constant, small);
        if (numbers == StoredNumbers::kBfloat16) round_to_bfloat16(constant, small);
        return storage;
    }
    if (numbers == StoredNumbers::kFloat32 || constant.shape().rank() > 1) return std::nullopt;
    round_to_bfloat16(constant, SmallNumbers::kVanish);
    storage.kind = TensorStorage::Kind::kNarrow;
    return storage;
}

// Of all float32 constants that `takes` asks for.
void store_constants(Member& member, StoredNumbers numbers, SmallNumbers small,
                     const std::function<bool(ValueId)>& takes) {
    for (std::size_t i = 0; i < member.graph.values.size(); ++i) {
        Value& value = member.graph.values[i];
        const auto id = static_cast<ValueId>(i);
        if (!value.constant || value.constant->dtype() != DataType::kFloat32 || !takes(id)) continue;
        if (auto storage = store_constant(member.graph, id, *value.constant, numbers, small))
            member.storages[value.name] = std::move(*storage);
    }
}

}  // namespace

Member stored_form(Member member, StoredNumbers numbers, SmallNumbers small) {
    member.storage = Precision::kFloat32;
    member.storages.clear();
    member = finish_network(std::move(member));
    shorten_names(member);
    store_constants(member, numbers, small, [](ValueId) { return true; });
    return member;
}

void store_heads_as_integers(Member& member, const std::function<bool(const ExitHead&)>& takes) {
    const HeadNodes nodes(member.graph, member.exits.heads);
    std::set<ValueId> read;
    for (const ExitHead& head : member.exits.heads) {
        if (!takes(head)) continue;
        const std::vector<bool> needed = nodes.needed_by(head.output);
        for (std::size_t n = 0; n < needed.size(); ++n)
            if (needed[n])
                read.insert(member.graph.nodes[n].inputs.begin(), member.graph.nodes[n].inputs.end());
    }
    store_constants(member, StoredNumbers::kInt8, SmallNumbers::kVanish,
                    [&](ValueId id) { return read.count(id) > 0; });
}

}  // namespace dyce
