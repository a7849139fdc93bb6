// Running allocates nothing: what oneDNN itself allocates inside its primitives is measured by executing the
// same primitives bare, and subtracted.
#include "graph/builder.h"
#include "runtime/core/aligned.h"
#include "runtime/exec/compiled_model.h"
#include "runtime/exec/context.h"
#include "tests/allocations.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

using namespace dyce;

namespace {

Tensor filled(const Shape& shape, float value) {
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<float>()[i] = value / static_cast<float>(1 + i % 7);
    return tensor;
}

// Two convolutions, and re-orders into and out of their layouts.
Graph small_network() {
    GraphBuilder g;
    const ValueId x = g.input("x", {DataType::kFloat32, {1, 8, 12, 12}});
    const ValueId w = g.constant("w", filled({8, 8, 3, 3}, 0.1F));
    const Attributes same = {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}};
    const ValueId a = g.add("Relu", {g.add("Conv", {x, w}, same)});
    const ValueId b = g.add("Relu", {g.add("Conv", {a, w}, same)});
    g.output(b);
    return std::move(g).build();
}

std::int64_t count_bare(const Segment& segment, const dnnl::engine& engine, const dnnl::stream& stream,
                        std::byte* arena) {
    std::vector<std::vector<dnnl::memory>> memories;
    std::vector<std::vector<dnnl_exec_arg_t>> arguments;
    for (const Step& step : segment.steps) {
        memories.emplace_back();
        arguments.emplace_back();
        for (std::size_t i = 0; i < step.keys.size(); ++i) {
            const auto& own = segment.buffers[static_cast<std::size_t>(step.buffers[i])];
            const auto& root = segment.buffers[static_cast<std::size_t>(own.root)];
            void* bytes = root.constant != nullptr ? const_cast<void*>(root.constant) : arena + root.offset;
            memories.back().emplace_back(own.desc, engine, bytes);
            arguments.back().push_back({step.keys[i], memories.back().back().get()});
        }
    }
    const std::int64_t before = test::allocation_count();
    for (std::size_t s = 0; s < segment.steps.size(); ++s)
        if (!segment.steps[s].loop)
            dnnl_primitive_execute(segment.steps[s].primitive.get(), stream.get(),
                                   static_cast<int>(arguments[s].size()), arguments[s].data());
    return test::allocation_count() - before;
}

}  // namespace

TEST_CASE("running allocates nothing beyond what oneDNN allocates inside its primitives") {
    const auto model = CompiledModel::compile(small_network(), {.max_batch = 2, .threads = 1});
    Executor executor(model);
    for (int rows : {1, 2}) {
        executor.input(rows);
        executor.run(rows);  // oneDNN's own first-time work
        const std::int64_t before = test::allocation_count();
        executor.input(rows);
        executor.run(rows);
        const std::int64_t ours = test::allocation_count() - before;

        const auto& data = model->data();
        const Segment& segment = data.segments[data.bucket(rows)];
        const auto arena = allocate_aligned(segment.arena_bytes);
        std::memset(arena.get(), 0, segment.arena_bytes);
        const dnnl::stream stream(data.engine);
        count_bare(segment, data.engine, stream, arena.get());
        CHECK(ours == count_bare(segment, data.engine, stream, arena.get()));
    }
}
