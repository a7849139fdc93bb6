// Constants in the layout a primitive wants, made once per model and shared by all batch sizes. Filled while
// compiling (one thread), read-only afterwards.
#pragma once

#include "ops/lowering/lowering.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dyce {

class WeightsStore {
public:
    /// `is_trial`: sizes are added up, but nothing is packed, and what pack() gives is not to be read.
    explicit WeightsStore(const dnnl::engine& engine, bool is_trial = false)
        : engine_(engine), is_trial_(is_trial) {}

    /// The bytes of `value`, which has layout `seen_as`, in layout `packed`. `id` identifies the value. With
    /// `steps` each slice along dimension 0 is divided by its own first: always the same ones for a value.
    const void* pack(int id, const Tensor& value, const MemoryDesc& seen_as, const MemoryDesc& packed,
                     std::span<const float> steps = {});
    /// The result of make() for the `key` of node `node`, called once.
    const Tensor& derive(int node, const std::string& key, const std::function<Tensor()>& make);
    /// The same for the `key` of value `id`, whichever node asks.
    const Tensor& derive_from(int id, const std::string& key, const std::function<Tensor()>& make);
    /// Bytes held beyond the original weights.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Packed {
        MemoryDesc seen_as, packed;
        std::shared_ptr<std::byte> bytes;
    };

    using Derived = std::map<std::pair<int, std::string>, Tensor>;

    const Tensor& find_or_make(Derived& derived, int of, const std::string& key,
                               const std::function<Tensor()>& make);

    dnnl::engine engine_;
    bool is_trial_;
    std::map<int, std::vector<Packed>> packed_;
    Derived of_nodes_, of_values_;
    std::size_t bytes_ = 0;
};

}  // namespace dyce
