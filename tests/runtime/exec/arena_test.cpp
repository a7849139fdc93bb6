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

    BatchPlan own = batch_plans.front(), bigger = batch_plans.back();
    SUBCASE("but not with another step") { own.steps.front().buffers.push_back(0); }
    SUBCASE("but not with another output") { std::swap(own.outputs.front(), own.outputs.back()); }
    SUBCASE("but not where a value needs more room") { std::swap(own.buffers, bigger.buffers); }
    for (PlanBuffer& buffer : own.buffers) buffer.offset += 64;
    const auto before = places_of(own);
    share_places(own, bigger);
    CHECK(places_of(own) == before);
}
