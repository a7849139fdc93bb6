// What a compiled network keeps at a point: which values, how large, and where. Sizes are those of the
// network's layers.
#include "runtime/exec/compiled_model.h"
#include "runtime/exec/local_stage_runner.h"
#include "tests/graph/exits/side_nets.h"

#include <doctest/doctest.h>

#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

using Sizes = std::multiset<std::size_t>;

// Bytes of one row of each value that lives at the end of each stage but the last.
std::vector<Sizes> carried_sizes(const BatchPlan& plan) {
    std::vector<Sizes> sizes;
    for (const Stage& part : plan.parts) {
        if (part.head >= 0) continue;
        sizes.emplace_back();
        for (const Carry& carry : part.carries) sizes.back().insert(carry.row_bytes);
    }
    sizes.pop_back();
    return sizes;
}

constexpr std::size_t map_bytes(std::size_t channels) { return channels * 64 * sizeof(float); }

}  // namespace

TEST_CASE("carry: a point keeps what heads there and later stages read, and nothing else") {
    const struct {
        const char* name;
        ExitNet net;
        std::vector<Sizes> sizes;
    } rows[] = {
        {"two branches", make_branches(), {{map_bytes(8), map_bytes(4)}, {map_bytes(8), map_bytes(4)}}},
        {"heads that read others",
         make_joint_heads(),
         {{map_bytes(8), map_bytes(4), map_bytes(6)}, {map_bytes(8), map_bytes(4), map_bytes(6)}}},
        {"chain",
         make_chain(ChainKind::kSums),
         {{map_bytes(8), 6 * sizeof(float)},
          {map_bytes(8), 6 * sizeof(float)},
          {map_bytes(8), 6 * sizeof(float)}}},
        {"chain with rows for feeds",
         make_chain(ChainKind::kFeeds),
         {{map_bytes(8), 6 * sizeof(float)}, {map_bytes(8), 6 * sizeof(float)}}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto plain = CompiledModel::compile(row.net.graph, row.net.exits,
                                                  {.max_batch = 4, .threads = 1, .reference_kernels = true});
        for (const BatchPlan& plan : plain->data().batch_plans) CHECK(carried_sizes(plan) == row.sizes);
        // Kernels may pad channels.
        const auto model =
            CompiledModel::compile(row.net.graph, row.net.exits, {.max_batch = 4, .threads = 1});
        for (const BatchPlan& plan : model->data().batch_plans) {
            const std::vector<Sizes> sizes = carried_sizes(plan);
            REQUIRE(sizes.size() == row.sizes.size());
            for (std::size_t point = 0; point < sizes.size(); ++point) {
                CHECK(sizes[point].size() == row.sizes[point].size());
                CHECK(*sizes[point].begin() >= *row.sizes[point].begin());
            }
        }
    }
}

TEST_CASE("carry: values at one point have places of their own, until its last head has run") {
    for (const ExitNet& net : {make_joint_heads(), make_chain(ChainKind::kSums)}) {
        const auto model = CompiledModel::compile(net.graph, net.exits, {.max_batch = 4, .threads = 1});
        const BatchPlan& plan = model->data().batch_plans.back();
        const auto begin_of = [&](int buffer) {
            return plan.buffers[static_cast<std::size_t>(buffer)].offset;
        };
        const auto end_of = [&](int buffer) {
            const auto root = static_cast<std::size_t>(plan.buffers[static_cast<std::size_t>(buffer)].root);
            return plan.buffers[root].offset + byte_size(plan.buffers[root].desc);
        };
        const auto overlap = [&](int a, int b) { return begin_of(a) < end_of(b) && begin_of(b) < end_of(a); };
        std::size_t checked = 0;
        for (std::size_t p = 0; p + 1 < plan.parts.size(); ++p)
            for (const Carry& carry : plan.parts[p].carries) {
                for (const Carry& other : plan.parts[p].carries)
                    CHECK((other.buffer == carry.buffer || !overlap(other.buffer, carry.buffer)));
                for (std::size_t h = p + 1; plan.parts[h].head >= 0; ++h)
                    for (std::size_t s = plan.parts[h].begin; s < plan.parts[h].end; ++s)
                        for (const int buffer : plan.steps[s].buffers) {
                            const auto& own = plan.buffers[static_cast<std::size_t>(buffer)];
                            const auto& root = plan.buffers[static_cast<std::size_t>(own.root)];
                            if (root.outside != nullptr || own.root == carry.buffer) continue;
                            CHECK_FALSE(overlap(own.root, carry.buffer));
                            ++checked;
                        }
            }
        CHECK(checked > 10);
    }
}

TEST_CASE("carry: heads at one point run in any order, and again") {
    const ExitNet net = make_joint_heads();
    for (const bool reference : {true, false}) {
        const auto model = CompiledModel::compile(
            net.graph, net.exits, {.max_batch = 2, .threads = 1, .reference_kernels = reference});
        LocalStageRunner runner(model);
        const auto image = runner.begin(2);
        for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 11) / 5.f - 1;
        runner.advance();
        runner.advance();
        const auto logits = [&](int head) {
            const auto numbers = runner.run_head(head);
            return std::vector<float>(numbers.begin(), numbers.end());
        };
        const auto both = logits(2), with_c = logits(1);
        CHECK(logits(2) == both);
        CHECK(logits(1) == with_c);
    }
}
