// What a session takes, by the operating system: the peak of the program with one less that of the program without.
#include "tests/tools/program.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

// Convolutions of 10 MB of weights on maps of 1 MB: much more than what comes and goes otherwise.
ModelData heavy_model() {
    std::mt19937 random(1);
    GraphBuilder g;
    const auto conv = [&](ValueId x, std::int64_t in, const char* name) {
        Tensor weights(DataType::kFloat32, {512, in, 3, 3});
        for (std::int64_t i = 0; i < weights.elements(); ++i)
            weights.mutable_data<float>()[i] = static_cast<float>(random() % 100) / 1000;
        return g.add("Relu", {g.add("Conv", {x, g.constant(name, weights)},
                                    {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}})});
    };
    ValueId x = conv(g.input("input", {DataType::kFloat32, {1, 3, 24, 24}}), 3, "a");
    x = conv(x, 512, "b");
    Tensor last(DataType::kFloat32, {512, 5});
    std::fill_n(last.mutable_data<float>(), last.elements(), 0.1F);
    g.output(g.add("Gemm", {g.add("Flatten", {g.add("GlobalAveragePool", {x})}), g.constant("c", last)}, {},
                   "logits"));
    Member member;
    member.architecture = "heavy";
    member.graph = std::move(g).build();
    member.preprocess.height = member.preprocess.width = 24;
    ModelData model;
    model.classes = 5;
    model.members.push_back(std::move(member));
    return model;
}

// Resident bytes at the most. By a small program of its own: a child begins with the peak of who starts it.
std::int64_t peak_of(const std::string& arguments) {
    const Outcome outcome =
        run_program(arguments,
                    "/usr/bin/python3 -c 'import resource, subprocess, sys\n"
                    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
                    "print(1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return std::stoll(outcome.out);
}

}  // namespace

TEST_CASE("memory: a session adds to the program's peak what it tells, and no more than it may") {
    if (!have_python("resource")) return;
    const TempFolder folder;
    const std::string model = folder / "heavy.safetensors", images = " " + folder / "images";
    save_model(model, heavy_model());
    for (int i = 0; i < 32; ++i)
        write_file(folder / ("images/" + std::to_string(i) + ".png"), color_png(24, 100, 100, 8 * i));
    const std::string batches = " --threads 1 --batch 32", few = " --threads 1 --max-memory 12MiB";
    const auto told = [&](const std::string& options) {
        const Outcome outcome = run_program("bench " + model + " --duration 0.01 --json" + options);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return json::parse(outcome.out)["memory"]["total"].get<std::int64_t>();
    };
    const std::int64_t without = peak_of("inspect " + model);
    const auto added = [&](const std::string& options) {
        return peak_of("classify " + model + images + options) - without;
    };
    constexpr std::int64_t kOthers = 6 << 20;  // oneDNN's code and objects, images and answers
    const std::int64_t free_told = told(batches), free_added = added(batches);
    const std::int64_t few_told = told(few), few_added = added(few);
    CAPTURE(free_told);
    CAPTURE(free_added);
    CAPTURE(few_told);
    CAPTURE(few_added);
    CHECK(free_told > 2 * kOthers);  // the case means something
    CHECK(free_added <= free_told + kOthers);
    CHECK(free_added >= free_told / 2);
    // Maps of one image instead of 32 are what the limit leaves.
    CHECK(few_told < free_told - kOthers);
    CHECK(few_added <= few_told + kOthers);
}
