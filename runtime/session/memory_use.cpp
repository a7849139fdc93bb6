#include "runtime/session/memory_use.h"

#include "runtime/exec/compiled_model.h"
#include "runtime/exec/local_stage_runner.h"

#include <set>

#include <unistd.h>

namespace dyce {
namespace {

class WeightPages {
public:
    explicit WeightPages(const FileMapping* mapping)
        : page_(static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE))) {
        if (mapping != nullptr) mapped_ = mapping->bytes();
    }

    /// In memory of its own: there, whoever reads it.
    void add_constant(const Tensor& tensor) {
        if (!is_mapped(tensor) && owned_.insert(tensor.bytes()).second) bytes_ += tensor.byte_size();
    }
    /// Kernels read it where it lies.
    void add_in_place(const Tensor& tensor) {
        if (!is_mapped(tensor) || tensor.byte_size() == 0) return;
        const auto first = reinterpret_cast<std::uintptr_t>(tensor.bytes());
        for (std::uintptr_t page = first / page_; page <= (first + tensor.byte_size() - 1) / page_; ++page)
            if (pages_.insert(page).second) bytes_ += page_;
    }
    std::size_t bytes() const { return bytes_; }

private:
    bool is_mapped(const Tensor& tensor) const {
        const auto* bytes = static_cast<const std::byte*>(tensor.bytes());
        return std::less_equal<>()(mapped_.data(), bytes) &&
               std::less<>()(bytes, mapped_.data() + mapped_.size());
    }

    std::uintptr_t page_;
    std::span<const std::byte> mapped_;
    std::set<const void*> owned_;
    std::set<std::uintptr_t> pages_;
    std::size_t bytes_ = 0;
};

template <class Each>
void each_constant(const Graph& graph, const Each& each) {
    for (const Value& value : graph.values)
        if (value.constant) each(*value.constant);
}

std::set<const void*> read_in_place(const CompiledModel::Data& data) {
    std::set<const void*> places;
    for (const BatchPlan& batch_plan : data.batch_plans)
        for (const PlanBuffer& buffer : batch_plan.buffers)
            if (buffer.outside != nullptr) places.insert(buffer.outside);
    return places;
}

}  // namespace

MemoryUse memory_use(const ModelData& model, const CompiledMembers& members, int concurrent) {
    MemoryUse use;
    WeightPages weights(model.mapping.get());
    for (const Member& member : model.members)
        each_constant(member.graph, [&](const Tensor& tensor) { weights.add_constant(tensor); });
    const auto batches = static_cast<std::size_t>(concurrent);
    std::set<const CompiledModel*> packed;  // several members may be one network
    for (const auto& member : members) {
        if (member == nullptr) continue;
        const auto in_place = read_in_place(member->data());
        each_constant(member->data().network.graph, [&](const Tensor& tensor) {
            weights.add_constant(tensor);
            if (in_place.count(tensor.bytes()) > 0) weights.add_in_place(tensor);
        });
        if (packed.insert(member.get()).second) use.packed += member->packed_bytes();
        use.arena += batches * member->arena_bytes();
        use.carries += batches * staging_bytes(*member);
    }
    use.weights = weights.bytes();
    return use;
}

}  // namespace dyce
