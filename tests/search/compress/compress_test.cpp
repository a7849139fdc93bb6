// Covers compress_schedule, factorise, overhead, short_names, sparsity, stored_form, search/train/backward/trainable,
// search/train/network/split_images.
// Small files of small networks: their size, their zeros, their twins, and that interruptions change nothing.
#include "search/compress/compress.h"

#include "graph/interpreter.h"
#include "loaders/format/npy.h"
#include "runtime/exec/executor.h"
#include "search/compress/short_names.h"
#include "search/compress/sparsity.h"
#include "search/train/backward/trainable.h"
#include "search/train/network/image_store.h"
#include "search/train/network/split_images.h"
#include "tests/search/compress/small_network.h"
#include "tests/support/check_throws.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

CompressOptions few_steps() {
    CompressOptions options;
    options.target_bytes = 5'000;
    options.epochs = 12;
    options.batch = 16;
    options.rate = 0.05;
    options.alpha = 1;       // a network with random weights has nothing to teach
    options.max_drop = 100;  // no layer is fragile
    options.threads = 1;
    return options;
}

CompressReport run_compress(ModelData& model, const CompressOptions& options) {
    return compress(model, FourColors(), options, [](const char*, std::int64_t, std::int64_t) {});
}

std::size_t zeros_of(const Graph& graph) {
    std::size_t zeros = 0;
    for (const Node& node : graph.nodes) {
        if (node.spec->name != "Conv" && node.spec->name != "Gemm") continue;
        const Tensor& weights = *graph.value(node.inputs[1]).constant;
        for (std::int64_t i = 0; i < weights.elements(); ++i) zeros += weights.data<float>()[i] == 0;
    }
    return zeros;
}

Tensor logits_of(const Graph& graph) {
    std::mt19937 random(5);
    return interpret(graph, {random_tensor({2, 3, 8, 8}, random)})[0];
}

// The second layer is of that rank by both sides, but for noise.
Member with_low_rank(std::int64_t rank) {
    Member member = small_network().members[0];
    std::mt19937 random(8);
    const Tensor a = random_tensor({16, rank}, random), b = random_tensor({rank, 16}, random),
                 c = random_tensor({rank, 9}, random);
    Tensor& weights = *member.graph.value(member.graph.nodes[2].inputs[1]).constant;
    for (std::int64_t o = 0; o < 16; ++o)
        for (std::int64_t i = 0; i < 16; ++i)
            for (std::int64_t k = 0; k < 9; ++k) {
                float sum = 0;
                for (std::int64_t r = 0; r < rank; ++r)
                    sum += a.data<float>()[o * rank + r] * b.data<float>()[r * 16 + i] *
                           c.data<float>()[r * 9 + k];
                float& weight = weights.mutable_data<float>()[(o * 16 + i) * 9 + k];
                weight = sum + 0.01f * weight;
            }
    return member;
}

}  // namespace

TEST_CASE("compress: the file takes no more than it may, and is the same model as its dense twin") {
    const TempFolder folder;
    for (const StoredNumbers store :
         {StoredNumbers::kInt8, StoredNumbers::kBfloat16, StoredNumbers::kFloat32}) {
        CAPTURE(static_cast<int>(store));
        ModelData model = small_network();
        CompressOptions options = few_steps();
        options.store = store;
        if (store == StoredNumbers::kInt8) options.target_bytes = 3'900;
        if (store == StoredNumbers::kFloat32) options.target_bytes = 7'000;
        const CompressReport report = run_compress(model, options);
        const std::string path = folder / "small.safetensors", twin = folder / "twin.safetensors";
        save_model(path, model);
        CHECK(report.fits);
        CHECK(std::filesystem::file_size(path) <= options.target_bytes);
        CHECK(std::filesystem::file_size(path) == report.forms.back().size.all());
        CHECK(zeros_of(model.members[0].graph) > 1000);
        CHECK(report.forms.back().accuracy >= 0.75);
        // Bits or runs, and for integers a scale in two bytes for each of 16 + 16 + 4 outputs.
        const std::size_t scales = store == StoredNumbers::kInt8 ? 2 * 36 : 0;
        CHECK(report.forms.back().overhead > scales);
        CHECK(report.forms.back().overhead <= scales + (432 + 2304 + 64) / 8);
        CHECK(report.forms.front().overhead == 0);
        ModelData dense = *load_model(path);
        dense.members[0].storages.clear();
        save_model(twin, dense);
        CHECK(load_model(twin)->digest == load_model(path)->digest);
        CHECK(Safetensors::open(twin).metadata().count("dyce.tensors") == 0);
    }
}

TEST_CASE("compress: PyTorch gives the same logits from the dense twin, by state dict") {
    if (!have_python("torch")) return;
    const TempFolder folder;
    const std::string path = folder / "small.safetensors", twin = folder / "twin.safetensors";
    for (const std::uint64_t target : {3'900u, 3'000u}) {  // masks, and runs of zeros
        CAPTURE(target);
        ModelData model = small_network();
        CompressOptions options = few_steps();
        options.target_bytes = target;
        run_compress(model, options);
        save_model(path, model);
        ModelData dense = *load_model(path);
        dense.members[0].storages.clear();
        dense.members[0].storage = Precision::kFloat32;
        save_model(twin, dense);
        REQUIRE(std::system(("/usr/bin/python3 -B " DYCE_SOURCE_DIR "/tests/search/compress/torch_twin.py " +
                             path + " " + twin + " " + folder.path().string())
                                .c_str()) == 0);
        const Tensor images = read_npy(folder / "images.npy"), logits = read_npy(folder / "logits.npy");
        Executor executor(CompiledModel::compile(load_model(path)->members[0].graph, {.max_batch = 5}));
        check_close_to_largest(executor.run({images})[0], logits, 1e-5f);
    }
}

TEST_CASE("compress: what is resumed ends with the same bytes, and its zeros stay zero") {
    const TempFolder folder;
    ModelData whole = small_network(), parts = small_network();
    const CompressOptions options = few_steps();
    run_compress(whole, options);
    CompressOptions stopped = options;
    stopped.checkpoint = folder / "c";
    struct Stop {};
    std::int64_t stops = 0;
    for (bool done = false; !done;) try {  // killed again and again, a few steps further each time
            stopped.resume = true;
            compress(parts, FourColors(), stopped, [&](const char*, std::int64_t step, std::int64_t) {
                if (step == 7) throw Stop{};
            });
            done = true;
        } catch (const Stop&) {
            REQUIRE(++stops < 100);
        }
    CHECK(stops > 2);
    save_model(folder / "whole.safetensors", whole);
    save_model(folder / "parts.safetensors", parts);
    CHECK(read_file(folder / "whole.safetensors") == read_file(folder / "parts.safetensors"));
}

TEST_CASE("compress: targets that cannot be") {
    const auto refused = [](std::uint64_t target, const std::string& piece) {
        ModelData model = small_network();
        CompressOptions options = few_steps();
        options.target_bytes = target;
        check_throws([&] { run_compress(model, options); }, ErrorCode::kUsage, piece);
    };
    refused(1, "the least that this network takes is");
    refused(3'000'000, "the model has only");
    ModelData model = small_network();
    CompressOptions options = few_steps();
    options.batch = 200;
    check_throws([&] { run_compress(model, options); }, ErrorCode::kContent,
                 "fewer are left than a batch of 200");
}

TEST_CASE(
    "compress: zeros are chosen by their share in their layer, floors and frozen layers are respected") {
    const ModelData model = small_network();
    const Graph& graph = model.members[0].graph;
    Sparsity sparsity(graph);
    REQUIRE(sparsity.layers().size() == 3);
    const std::size_t all = 16 * 27 + 16 * 144 + 64;
    CHECK(sparsity.weights() == all);
    sparsity.rank(graph);
    sparsity.cut(0.4);
    CHECK(sparsity.kept() == static_cast<std::size_t>(0.4 * all));
    CHECK(sparsity.kept(sparsity.layers()[0]) >= 16 * 27 / 2);
    CHECK(sparsity.kept(sparsity.layers()[2]) >= 32);
    // Within a layer the largest stay.
    const SparseLayer& second = sparsity.layers()[1];
    const float* weights = graph.value(second.weights).constant->data<float>();
    float least_kept = 9, most_cut = 0;
    for (std::size_t i = 0; i < second.count; ++i) {
        const float size = std::abs(weights[i]);
        if (sparsity.mask()[second.begin + i] != 0)
            least_kept = std::min(least_kept, size);
        else
            most_cut = std::max(most_cut, size);
    }
    CHECK(least_kept >= most_cut);
    // What is cut stays so; a frozen layer is not cut further.
    Graph cut = graph;
    sparsity.apply(cut);
    const std::vector<float> before(sparsity.mask().begin(), sparsity.mask().end());
    std::vector<float> back(second.count);
    for (std::size_t i = 0; i < back.size(); ++i)
        back[i] = before[second.begin + i] == 0 && i < 10 ? 1.f : 0.f;
    sparsity.freeze(1, back);
    const std::size_t frozen = sparsity.kept(second);
    sparsity.rank(cut);
    sparsity.cut(0);
    CHECK(sparsity.kept(second) == frozen);
    for (std::size_t i = 0; i < all; ++i)
        if (before[i] == 0 && (i < second.begin || i >= second.begin + 10)) CHECK(sparsity.mask()[i] == 0);
}

TEST_CASE("compress: stored numbers are near the trained ones, and small ones can be made to stay") {
    const Member member = small_network().members[0];
    const Tensor expected = logits_of(member.graph);
    check_close_to_largest(logits_of(stored_form(member, StoredNumbers::kFloat32).graph), expected, 1e-6f);
    check_close_to_largest(logits_of(stored_form(member, StoredNumbers::kBfloat16).graph), expected, 0.02f);
    check_close_to_largest(logits_of(stored_form(member, StoredNumbers::kInt8).graph), expected, 0.03f);
    Member tiny = member;
    tiny.graph.value(tiny.graph.nodes[0].inputs[1]).constant->mutable_data<float>()[0] = 1e-6f;
    tiny.graph.value(tiny.graph.nodes[0].inputs[1]).constant->mutable_data<float>()[1] = 0;
    CHECK(zeros_of(stored_form(tiny, StoredNumbers::kInt8, SmallNumbers::kStay).graph) <=
          zeros_of(stored_form(tiny, StoredNumbers::kInt8).graph) - 1);
    CHECK(zeros_of(stored_form(tiny, StoredNumbers::kInt8, SmallNumbers::kStay).graph) == 1);
}

TEST_CASE("compress: short names are distinct, and the network is the same") {
    Member member = small_network().members[0];
    const Tensor expected = logits_of(member.graph);
    shorten_names(member);
    check_close_to_largest(logits_of(member.graph), expected, 0.f);
    std::set<std::string> names;
    for (const Value& value : member.graph.values) names.insert(value.name);
    CHECK(names.size() == member.graph.values.size());
    CHECK(names.count("input") == 1);
    CHECK(names.count("logits") == 1);
    CHECK(names.count("second.weight") == 0);
    CHECK(!member.graph.nodes[0].attributes.has("kernel_shape"));
    CHECK(!member.graph.nodes[0].attributes.has("group"));
    CHECK(member.graph.nodes[0].attributes.has("pads"));
    CHECK(member.graph.nodes[2].attributes.has("strides"));
}

TEST_CASE("compress: factors take the place of weights of low rank, where they cost little") {
    const Member member = with_low_rank(2);
    const Tensor expected = logits_of(member.graph);
    const ImageStore store(FourColors(), recipe_of_four_colors(), 1);
    const auto images = all_images(store);
    const auto always = [](const Member&) { return 1.0; };
    Member factored = member;
    const auto layers = factorise(factored, Factorise::kWhereSmaller, store, images, 1, always);
    REQUIRE(layers.size() == 1);
    CHECK(layers[0].name == "second");
    CHECK(layers[0].outputs == 2);
    CHECK(layers[0].inputs == 2);
    CHECK(layers[0].weights_after == 2 * 16 + 2 * 2 * 9 + 16 * 2);
    CHECK(factored.graph.nodes.size() == member.graph.nodes.size() + 2);
    check_close_to_largest(logits_of(factored.graph), expected, 0.05f);
    // Too dear: left as it is.
    Member kept = member;
    double worth = 1;
    CHECK(factorise(kept, Factorise::kWhereCheap, store, images, 1, [&](const Member&) {
              return worth -= 0.01;
          }).empty());
    CHECK(kept.graph.nodes.size() == member.graph.nodes.size());
    CHECK(factorise(kept, Factorise::kNever, store, images, 1, always).empty());
}

TEST_CASE("compress: for time, factors also take no more than a third of the multiply-adds") {
    const ImageStore store(FourColors(), recipe_of_four_colors(), 1);
    const auto images = all_images(store);
    const struct {
        std::int64_t rank;
        bool saves_time;
    } rows[] = {{2, true}, {6, false}};  // 0.09 and 0.35 of them
    for (const auto& row : rows) {
        const Member member = with_low_rank(row.rank);
        Member small = member, fast = member;
        const auto run = [&](Member& factored, bool for_time) {
            return factorise(
                factored, Factorise::kWhereSmaller, store, images, 1, [](const Member&) { return 1.0; },
                for_time);
        };
        REQUIRE(run(small, false).size() == 1);
        // The first factor works before the stride of two, on 64 positions, the others behind it, on 16.
        const std::int64_t work = 64 * row.rank * 16 + 16 * (row.rank * row.rank * 9 + 16 * row.rank);
        CHECK(count_macs(small.graph) - count_macs(member.graph) == work - 16 * 2304);
        CHECK(run(fast, true).size() == (row.saves_time ? 1 : 0));
    }
}

TEST_CASE("compress: what cannot be trained is told, all of it") {
    Graph graph = small_network().members[0].graph;
    CHECK(find_untrainable(graph).empty());
    graph.nodes[1].spec = find_op("Sigmoid");
    graph.nodes[3].spec = find_op("Tanh");
    CHECK(find_untrainable(graph) == std::vector<std::string>{"first.relu (Sigmoid)", "second.relu (Tanh)"});
}
