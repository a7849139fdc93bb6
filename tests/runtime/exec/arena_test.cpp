// Where values lie in batches of different sizes.
#include "runtime/exec/arena.h"
#include "runtime/exec/compiled_model.h"
#include "tests/runtime/flow/exit_net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

std::vector<std::size_t> places_of(const BatchPlan& batch_plan) {
    std::vector<std::size_t> offsets;
    for (const PlanBuffer& buffer : batch_plan.buffers) offsets.push_back(buffer.offset);
    return offsets;
}

}  // namespace

TEST_CASE("all batch sizes that have the same steps have their values at the same places") {
    const ExitNet net = make_exit_net(3);
    // Plain loops, which are the same steps for any number of images.
    const auto model =
        CompiledModel::compile(net.graph, net.exits, {.max_batch = 8, .reference_kernels = true});
    const auto& batch_plans = model->data().batch_plans;
    REQUIRE(batch_plans.size() > 1);
    for (const BatchPlan& batch_plan : batch_plans)
        CHECK(places_of(batch_plan) == places_of(batch_plans.back()));

    std::vector<BatchPlan> two = {batch_plans.front(), batch_plans.back()};
    SUBCASE("but not with another step") { two[0].steps.front().buffers.push_back(0); }
    SUBCASE("but not with another output") { std::swap(two[0].outputs.front(), two[0].outputs.back()); }
    std::size_t limit = std::size_t{1} << 30;
    SUBCASE("but not where that takes too much") { limit = 1; }
    for (PlanBuffer& buffer : two[0].buffers) buffer.offset += 64;
    const auto before = places_of(two[0]);
    share_places(two, limit);
    CHECK(places_of(two[0]) == before);
}

TEST_CASE(
    "places have room for what smaller batches need more of, and nothing alive lies over something else") {
    const ExitNet net = make_exit_net(3);
    const auto model =
        CompiledModel::compile(net.graph, net.exits, {.max_batch = 8, .reference_kernels = true});
    std::vector<BatchPlan> two = {model->data().batch_plans.front(), model->data().batch_plans.back()};
    // As if the scratch memory of the small batch were larger than that of the big one.
    const auto scratch = std::ranges::find_if(two[0].buffers, [&](const PlanBuffer& buffer) {
        const auto i = &buffer - two[0].buffers.data();
        return buffer.outside == nullptr && buffer.root == i && byte_size(buffer.desc) > 0;
    });
    REQUIRE(scratch != two[0].buffers.end());
    const auto at = static_cast<std::size_t>(scratch - two[0].buffers.begin());
    scratch->desc = plain_desc(TensorType{DataType::kFloat32, {100'000}});
    const std::size_t total = two[1].arena_bytes;
    share_places(two, std::size_t{1} << 30);
    CHECK(places_of(two[0]) == places_of(two[1]));
    CHECK(two[0].arena_bytes == two[1].arena_bytes);
    CHECK(two[1].arena_bytes >= total);
    CHECK(two[1].arena_bytes >= two[1].buffers[at].offset + 400'000);
    const auto needs = [&](const Step& step, std::size_t root) {
        return std::ranges::any_of(step.buffers, [&](int buffer) {
            return two[0].buffers[static_cast<std::size_t>(buffer)].root == static_cast<int>(root);
        });
    };
    int others = 0;
    for (const Step& step : two[0].steps) {
        if (!needs(step, at)) continue;
        for (const int buffer : step.buffers) {
            const PlanBuffer& other = two[0].buffers[static_cast<std::size_t>(buffer)];
            if (other.outside != nullptr || other.root == static_cast<int>(at)) continue;
            const std::size_t begin = two[0].buffers[at].offset;
            CHECK((other.offset + byte_size(other.desc) <= begin || other.offset >= begin + 400'000));
            ++others;
        }
    }
    CHECK(others > 0);
}
