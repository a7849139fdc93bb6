#include "runtime/exec/plain_carry.h"

#include "runtime/core/index.h"
#include "runtime/core/onednn/compute_scope.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

void add_argument(std::vector<dnnl_exec_arg_t>& arguments, int key, const dnnl::memory& memory) {
    arguments.push_back({key, memory.get()});
}

}  // namespace

CarriedValue carried_value(const Carry& carry, std::int64_t batch) {
    const Dims dims = dims_of(carry.desc);
    const bool has_rows = !dims.empty() && dims[0] == batch;
    return {Shape(dims.begin() + (has_rows ? 1 : 0), dims.end())};
}

PlainCarry::PlainCarry(const CompiledModel::Data& model, const Carry& carry, std::int64_t batch,
                       std::byte* bytes)
    : row_(carried_value(carry, batch).size()) {
    const Dims dims = dims_of(carry.desc);
    if (dims.empty() || dims[0] != batch)
        throw Error(ErrorCode::kUsage, "carried value", "its rows are not told apart by its first dimension");
    const CompileScope scope(model.options.threads);
    const dnnl::memory held(carry.desc, model.engine, bytes);
    plain_ = dnnl::memory(plain_desc(dims), model.engine);
    out_ = make_copy(model.engine, held, plain_, carry.scale);
    in_ = make_copy(model.engine, plain_, held, 1 / carry.scale);
}

// `factor`: what integers are multiplied by to become numbers, or the other way round.
PlainCarry::Copy PlainCarry::make_copy(const dnnl::engine& engine, const dnnl::memory& from,
                                       const dnnl::memory& to, float factor) {
    auto attributes = onednn::user_scratchpad();
    const int factor_key = factor == 1 ? 0 : onednn::scale_reorder(attributes, factor);
    const auto descriptor = onednn::reorder(engine, from.get_desc(), to.get_desc(), attributes);
    Copy copy{dnnl::primitive(descriptor.get()), {from, to}, {}};
    add_argument(copy.arguments, DNNL_ARG_FROM, from);
    add_argument(copy.arguments, DNNL_ARG_TO, to);
    const auto add_own = [&](int key, const MemoryDesc& desc) {
        copy.memories.emplace_back(desc, engine);
        add_argument(copy.arguments, key, copy.memories.back());
        return copy.memories.back().get_data_handle();
    };
    if (byte_size(descriptor.scratchpad_desc()) > 0)
        add_own(DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc());
    if (factor_key != 0) *static_cast<float*>(add_own(factor_key, plain_desc(Dims{1}))) = factor;
    return copy;
}

void PlainCarry::run(ExecutionContext& context, const Copy& copy) {
    context.compute([&](const dnnl::stream& stream) {
        const auto status =
            dnnl_primitive_execute(copy.primitive.get(), stream.get(),
                                   static_cast<int>(copy.arguments.size()), copy.arguments.data());
        if (status != dnnl_success)
            throw Error(ErrorCode::kInternal, "carried value",
                        "oneDNN failed with status " + std::to_string(status));
    });
}

void PlainCarry::read(ExecutionContext& context, std::span<const int> places, std::span<float> numbers) {
    run(context, out_);
    float* to = numbers.data();
    for (const int place : places) to = std::copy_n(plain() + index(place) * row_, row_, to);
}

void PlainCarry::write(ExecutionContext& context, std::span<const float> numbers) {
    const std::size_t whole = byte_size(plain_.get_desc()) / sizeof(float);
    std::fill(std::ranges::copy(numbers, plain()).out, plain() + whole, 0.F);
    run(context, in_);
}

}  // namespace dyce
