// Covers economy, memory_use, loaders/format/same_network, runtime/include/dyce/memory, runtime/exec/absent_stage_runner.
// What memory a model takes, against a counting allocator, and what is given up to fit. A program of its own: it
// replaces operator new.
#include "runtime/session/memory_use.h"

#include "graph/builder.h"
#include "runtime/core/onednn/compat.h"
#include "runtime/session/economy.h"
#include "runtime/session/engine.h"
#include "runtime/session/model_access.h"
#include "tests/loaders/format/gated_model.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/allocations.h"
#include "tests/support/answers.h"
#include "tests/support/check_throws.h"
#include "tests/support/images.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

ConfigurationSet set_of(const ModelData& model, const std::vector<EnabledExit>& exits) {
    ConfigurationSet::Contents contents;
    contents.model_digest = model.digest;
    contents.preprocess_digest = model.preprocess_digest;
    contents.base = {0.9, 1000, 1000};
    Configuration one;
    one.name = "one";
    one.exits = exits;
    one.accuracy = one.accuracy_low = 0.8;
    one.cost = one.macs = 100;
    one.relative_cost = one.relative_macs = 0.1;
    contents.configurations = {one};
    return ConfigurationSet(contents);
}

// Two convolutions of 64 to 64 channels: oneDNN computes them by Winograd's algorithm where it has it.
std::shared_ptr<ModelData> wide_model() {
    std::mt19937 random(1);
    GraphBuilder g;
    const auto conv = [&](ValueId x, std::int64_t in, const char* name) {
        Tensor weights(DataType::kFloat32, {64, in, 3, 3});
        for (std::int64_t i = 0; i < weights.elements(); ++i)
            weights.mutable_data<float>()[i] = static_cast<float>(random() % 100) / 1000;
        return g.add("Relu", {g.add("Conv", {x, g.constant(name, weights)},
                                    {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}})});
    };
    ValueId x = conv(g.input("x", {DataType::kFloat32, {1, 3, 16, 16}}), 3, "a");
    x = conv(conv(x, 64, "b"), 64, "c");
    Tensor last(DataType::kFloat32, {64, 5});
    std::fill_n(last.mutable_data<float>(), last.elements(), 0.1F);
    g.output(g.add("Gemm", {g.add("Flatten", {g.add("GlobalAveragePool", {x})}), g.constant("d", last)}));
    Member member;
    member.architecture = "wide";
    member.graph = std::move(g).build();
    member.preprocess.height = member.preprocess.width = 16;
    auto model = std::make_shared<ModelData>();
    model->members.push_back(std::move(member));
    model->classes = 5;
    return model;
}
constexpr std::size_t kWideWeights = 64 * 9 * (3 + 64 + 64) * 4 + 64 * 5 * 4;

MemoryUse use_of(const CompiledForMemory& compiled) {
    return memory_use(*compiled.model, compiled.members, 1);
}

}  // namespace

TEST_CASE("memory: the parts are what a counting allocator sees beyond a compilation that packs nothing") {
    const TempFolder folder;
    save_model(folder / "wide.safetensors", *wide_model());
    for (const int batch : {1, 4}) {
        const auto model = load_model(folder / "wide.safetensors");
        const EngineOptions options{.threads = 1, .max_batch = batch};
        const CompileOptions dry{
            .max_batch = batch, .threads = 1, .is_trial = true, .mapping = model->mapping};
        CompiledModel::compile(model->last().graph, model->last().exits, dry);  // warms oneDNN's caches
        std::int64_t objects = 0, whole = 0;
        {
            const AllocationPeak peak;
            const auto compiled = CompiledModel::compile(model->last().graph, model->last().exits, dry);
            objects = peak.bytes();
        }
        MemoryUse use;
        {
            const AllocationPeak peak;
            Engine engine(ModelAccess::make(model), options);
            use = engine.memory_use();
            whole = peak.bytes();
        }
        CAPTURE(batch);
        CAPTURE(objects);
        const auto parts = static_cast<std::int64_t>(use.packed + use.arena + use.carries);
        constexpr std::int64_t kContexts = 128 << 10;  // memory objects, argument lists, a team
        CHECK(whole >= parts);
        CHECK(whole - objects <= parts + kContexts);
        CHECK(use.packed >= kWideWeights * 9 / 10);
        CHECK(use.weights < kWideWeights / 4);  // the file's are given back
        CHECK(use.total() == use.weights + use.packed + use.arena + use.carries);
    }
}

TEST_CASE("memory: what the model holds in memory of its own counts twice once it is packed") {
    const auto model = wide_model();
    Session session(ModelAccess::make(model), {.threads = 1});
    CHECK(session.memory_use().weights >= kWideWeights);
    CHECK(session.memory_use().arena == session.arena_bytes());
}

TEST_CASE("memory: batches, then kernels, then heads are given up, and nothing before it has to be") {
    const TempFolder folder;
    save_model(folder / "wide.safetensors", *wide_model());
    const auto model = load_model(folder / "wide.safetensors");
    const auto fit = [&](std::size_t limit) {
        return compile_for_memory(model, {.threads = 1, .max_batch = 8, .max_memory = limit}, 1);
    };
    const CompiledForMemory all = fit(0);
    CHECK(all.economy == Economy::kNone);
    CHECK(all.max_batch == 8);
    CHECK(fit(use_of(all).total()).economy == Economy::kNone);
    const CompiledForMemory one_by_one = fit(use_of(all).total() - 1);
    CHECK(one_by_one.economy == Economy::kBatches);
    CHECK(one_by_one.max_batch == 1);
    CHECK(use_of(one_by_one).total() < use_of(all).total());
    std::size_t least = use_of(one_by_one).total();
    if (onednn::has_winograd()) {
        const CompiledForMemory direct = fit(least - 1);
        CHECK(direct.economy == Economy::kKernels);
        // Two layers of 64 x 64: 36 numbers for each pair of channels instead of 9.
        CHECK(use_of(one_by_one).packed > use_of(direct).packed + 2 * 64 * 64 * (36 - 10) * 4);
        least = use_of(direct).total();
    }
    check_throws(
        [&] { fit(least - 1); }, ErrorCode::kResource,
        std::to_string(least - 1) + " bytes given, but at least " + std::to_string(least) + " are needed: ",
        "max_memory");
}

TEST_CASE("memory: while a model is fitted no more is taken than it may") {
    const TempFolder folder;
    save_model(folder / "wide.safetensors", *wide_model());
    const auto model = load_model(folder / "wide.safetensors");
    const EngineOptions free{.threads = 1, .max_batch = 8};
    const std::size_t least =
        use_of(compile_for_memory(model, {.threads = 1, .max_batch = 1, .max_memory = 1u << 30}, 1)).total();
    EngineOptions tight = free;
    tight.max_memory = least;
    compile_for_memory(model, tight, 1);
    std::int64_t tight_peak = 0, free_peak = 0;
    {
        const AllocationPeak peak;
        Engine engine(ModelAccess::make(model), tight);
        CHECK(engine.memory_use().total() <= least);
        tight_peak = peak.bytes();
    }
    {
        const AllocationPeak peak;
        Engine engine(ModelAccess::make(model), free);
        free_peak = peak.bytes();
    }
    CHECK(tight_peak < static_cast<std::int64_t>(least) + (512 << 10));
    CHECK(tight_peak < free_peak);
}

TEST_CASE("memory: only the heads and members of the set are kept, and answers stay the same") {
    auto model = model_of({2, 3});
    const auto images = random_images(5, 8);
    model->configurations = set_of(*model, {{4, "exit1", 0.3}});  // of the second member
    const Model handle = ModelAccess::make(model);
    const Configuration used = model->configurations->at("one");
    Session whole(handle, used, {.threads = 1});
    std::size_t least = 1;
    try {
        Session(handle, {.threads = 1, .max_memory = 1});
    } catch (const Error& error) {
        const std::string text = error.message(), before = "at least ";
        least = std::stoul(text.substr(text.find(before) + before.size()));
    }
    CHECK(least < whole.memory_use().total());
    Session small(handle, used, {.threads = 1, .max_batch = 4, .max_memory = least});
    CHECK(small.memory_use().total() == least);
    const auto expected = whole.classify(images), answers = small.classify(images);
    for (std::size_t i = 0; i < images.size(); ++i) CHECK(same_answer(expected[i], answers[i]));
    Configuration other;
    other.exits = {{0, "quad0", 0.5}};
    check_throws([&] { small.set_configuration(other); }, ErrorCode::kUsage,
                 "only the heads are there that the stored set needs");
    CHECK_NOTHROW(small.set_configuration({}));
    const auto off = small.classify(images);
    whole.set_configuration({});
    const auto off_expected = whole.classify(images);
    for (std::size_t i = 0; i < images.size(); ++i) CHECK(same_answer(off_expected[i], off[i]));
}

TEST_CASE("memory: members over the same tensors are compiled and counted once") {
    const TempFolder folder;
    save_model(folder / "one.safetensors", gated_model({0.4}));
    save_model(folder / "m.safetensors", gated_model({0.7, 0.4, 0}));
    const EngineOptions options{.threads = 1, .max_batch = 8};
    const auto one = compile_for_memory(load_model(folder / "one.safetensors"), options, 1);
    const auto three = compile_for_memory(load_model(folder / "m.safetensors"), options, 1);
    for (const auto& member : three.members) CHECK(member == three.members[0]);
    CHECK(use_of(three).packed == use_of(one).packed);
    CHECK(use_of(three).arena == 3 * use_of(one).arena);  // each has its own batches
    ModelData other = gated_model({0.7, 0.4});
    other.members[1] = gated_member(0.4, 4, 2);  // other numbers
    save_model(folder / "m.safetensors", other);
    const auto two = compile_for_memory(load_model(folder / "m.safetensors"), options, 1);
    CHECK(two.members[0] != two.members[1]);
}

TEST_CASE("memory: gates stay where only the heads of the set are kept") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", gated_model({0.4}));
    auto model = std::make_shared<ModelData>(*load_model(folder / "m.safetensors"));
    model->configurations = set_of(*model, {{2, "exit2", 0.3}});
    const Model handle = ModelAccess::make(model);
    Session whole(handle, {.threads = 1, .max_batch = 1});
    std::size_t least = whole.memory_use().total();
    try {
        Session(handle, {.threads = 1, .max_memory = 1});
    } catch (const Error& error) {
        const std::string text = error.message(), before = "at least ";
        least = std::stoul(text.substr(text.find(before) + before.size()));
    }
    REQUIRE(least < whole.memory_use().total());
    Session small(handle, {.threads = 1, .max_batch = 1, .max_memory = least});
    const auto images = random_images(8, 8);
    const auto expected = whole.classify(images), answers = small.classify(images);
    std::size_t skipped = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
        CHECK(same_answer(expected[i], answers[i]));
        CHECK(expected[i].skipped == answers[i].skipped);
        skipped += answers[i].skipped.size();
    }
    CHECK(skipped > 0);
}
