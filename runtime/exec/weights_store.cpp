#include "runtime/exec/weights_store.h"

#include "runtime/core/aligned.h"

#include <iterator>

namespace dyce {
namespace {

constexpr std::byte kNowhere{};  // what was not packed

Tensor in_steps(Tensor value, std::span<const float> steps) {
    float* number = value.mutable_data<float>();
    const std::int64_t size = value.elements() / std::ssize(steps);
    for (const float step : steps)
        for (std::int64_t i = 0; i < size; ++i) *number++ /= step;
    return value;
}

}  // namespace

const void* WeightsStore::pack(int id, const Tensor& value, const MemoryDesc& seen_as,
                               const MemoryDesc& packed, std::span<const float> steps) {
    if (seen_as == packed) return value.bytes();
    auto& versions = packed_[id];
    for (const Packed& version : versions)
        if (version.seen_as == seen_as && version.packed == packed)
            return is_trial_ ? &kNowhere : static_cast<const void*>(version.bytes.get());

    const std::size_t size = byte_size(packed);
    if (is_trial_) {
        bytes_ += size;
        versions.push_back({seen_as, packed, nullptr});
        return &kNowhere;
    }
    auto block = allocate_aligned(size);
    const Tensor numbers = steps.empty() ? value : in_steps(value, steps);
    dnnl::memory source(seen_as, engine_, const_cast<void*>(numbers.bytes()));  // only read
    dnnl::memory destination(packed, engine_, block.get());
    dnnl::stream stream(engine_);
    dnnl::reorder(source, destination).execute(stream, source, destination);
    stream.wait();
    bytes_ += size;
    versions.push_back({seen_as, packed, std::move(block)});
    return versions.back().bytes.get();
}

const Tensor& WeightsStore::derive(int node, const std::string& key, const std::function<Tensor()>& make) {
    return find_or_make(of_nodes_, node, key, make);
}

const Tensor& WeightsStore::derive_from(int id, const std::string& key, const std::function<Tensor()>& make) {
    return find_or_make(of_values_, id, key, make);
}

const Tensor& WeightsStore::find_or_make(Derived& derived, int of, const std::string& key,
                                         const std::function<Tensor()>& make) {
    const auto [entry, is_new] = derived.try_emplace({of, key});
    if (is_new) {
        entry->second = make();
        bytes_ += entry->second.byte_size();
    }
    return entry->second;
}

}  // namespace dyce
