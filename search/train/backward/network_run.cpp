#include "search/train/backward/network_run.h"

#include "runtime/core/aligned.h"
#include "search/train/backward/reordered.h"

#include <algorithm>
#include <cstring>

namespace dyce {
namespace {

using Role = TrainedConstant::Role;

std::size_t floats_of(const MemoryDesc& desc) { return byte_size(desc) / sizeof(float); }

std::shared_ptr<std::byte> zeros(std::size_t bytes) {
    auto block = allocate_aligned(bytes);
    std::memset(block.get(), 0, bytes);
    return block;
}

}  // namespace

NetworkRun::NetworkRun(const Graph& graph, std::int64_t batch, const TrainingPlanOptions& options)
    : engine_(dnnl::engine::kind::cpu, 0),
      stream_(engine_),
      plan_(compile_training(graph, batch, engine_, options)),
      arena_(zeros(plan_.batch_plan.arena_bytes)) {
    place_constants();
    bound_.emplace(plan_.batch_plan, engine_, arena_.get());
    const std::vector<float> numbers = laid_out(graph);
    std::copy(numbers.begin(), numbers.end(), numbers_);
}

std::vector<float> NetworkRun::laid_out(const Graph& graph) const {
    std::vector<float> numbers(sizes_.all);
    for (std::size_t i = 0; i < plan_.constants.size(); ++i) {
        const TrainedConstant& constant = plan_.constants[i];
        const auto one = reordered(engine_, graph.value(constant.value).constant->data<float>(),
                                   constant.plain, constant.layout);
        std::copy(one.begin(), one.end(), numbers.begin() + static_cast<std::ptrdiff_t>(places_[i]));
    }
    return numbers;
}

void NetworkRun::place_constants() {
    places_.resize(plan_.constants.size());
    const auto place = [&](Role role) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (plan_.constants[i].role != role) continue;
            places_[i] = sizes_.all;
            sizes_.all += align_up(byte_size(plan_.constants[i].layout)) / sizeof(float);
        }
        return sizes_.all;
    };
    sizes_.weights = place(Role::kWeight);
    sizes_.parameters = place(Role::kShift);
    place(Role::kStatistic);
    state_ = zeros((sizes_.all + sizes_.parameters) * sizeof(float));
    numbers_ = reinterpret_cast<float*>(state_.get());
    gradients_ = numbers_ + sizes_.all;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const TrainedConstant& constant = plan_.constants[i];
        plan_.batch_plan.buffers[index(constant.buffer)].outside = numbers_ + places_[i];
        if (constant.gradient >= 0)
            plan_.batch_plan.buffers[index(constant.gradient)].outside = gradients_ + places_[i];
    }
}

void NetworkRun::forward() {
    bound_->run(stream_, plan_.batch_plan.parts[0].begin, plan_.batch_plan.parts[0].end);
    stream_.wait();
}

void NetworkRun::backward() {
    bound_->run(stream_, plan_.batch_plan.parts[1].begin, plan_.batch_plan.parts[1].end);
    stream_.wait();
}

std::span<float> NetworkRun::floats(int buffer) {
    return {reinterpret_cast<float*>(bound_->bytes(buffer)),
            floats_of(plan_.batch_plan.buffers[index(buffer)].desc)};
}

std::vector<float> NetworkRun::row_major(std::span<const float> laid_out) const {
    std::vector<float> result;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const TrainedConstant& constant = plan_.constants[i];
        if (places_[i] >= laid_out.size()) continue;
        const auto numbers =
            reordered(engine_, laid_out.data() + places_[i], constant.layout, constant.plain);
        result.insert(result.end(), numbers.begin(), numbers.end());
    }
    return result;
}

void NetworkRun::lay_out(std::span<const float> row_major, std::span<float> to) const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const TrainedConstant& constant = plan_.constants[i];
        if (places_[i] >= to.size()) continue;
        const auto numbers = reordered(engine_, row_major.data(), constant.plain, constant.layout);
        std::copy(numbers.begin(), numbers.end(), to.begin() + static_cast<std::ptrdiff_t>(places_[i]));
        row_major = row_major.subspan(floats_of(constant.plain));
    }
}

void NetworkRun::write_constants(std::span<const float> laid_out, Graph& graph) const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const TrainedConstant& constant = plan_.constants[i];
        if (places_[i] >= laid_out.size()) continue;
        const auto numbers =
            reordered(engine_, laid_out.data() + places_[i], constant.layout, constant.plain);
        Tensor& value = *graph.value(constant.value).constant;
        value = Tensor(DataType::kFloat32, value.shape());
        std::copy(numbers.begin(), numbers.end(), value.mutable_data<float>());
    }
}

}  // namespace dyce
