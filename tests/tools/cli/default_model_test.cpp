// The model that the program carries in itself.
#include "tests/tools/program.h"

#include <dyce/configuration.h>
#include <dyce/model.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

const std::string kFile = DYCE_SOURCE_DIR "/models/default.safetensors";
const std::string kImage = DYCE_SOURCE_DIR "/tools/demo/airplane.png";

json answer(const std::string& arguments) {
    const Outcome outcome = run_program("classify " + arguments + " --jsonl --threads 1");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    json answer = json::parse(outcome.out);
    answer.erase("latency_us");
    return answer;
}

}  // namespace

TEST_CASE("the embedded model is the file in models, with operating points to choose from") {
    CHECK(std::filesystem::file_size(kFile) <= 4 << 20);
    const Outcome inside = run_program("inspect --json"),
                  outside = run_program("inspect " + kFile + " --json");
    REQUIRE(inside.code == 0);
    CHECK(inside.out == outside.out);
    const auto model = load_model(kFile);
    REQUIRE(model->configurations);
    const ConfigurationSet& set = *model->configurations;
    CHECK(set.contents().configurations.size() >= 8);
    for (const char* name : {"fastest", "balanced", "most-accurate"}) CHECK_NOTHROW(set.at(name));
}

TEST_CASE("without a model the embedded one answers, balanced unless told otherwise") {
    CHECK(answer(kImage) == answer(kFile + " " + kImage + " --config :balanced"));
    CHECK(answer(kImage + " --config :fastest") == answer(kFile + " " + kImage + " --config :fastest"));
    CHECK(answer(kFile + " " + kImage)["configuration"] == "off");
}

TEST_CASE("what does not fit the embedded model is told as of any other") {
    const TempFolder folder;
    write_file(folder / "x.onnx", "not a model");
    CHECK(run_program("inspect " + folder / "x.onnx").code == 2);
    CHECK(run_program("eval " + folder / "x.onnx" + " --data " + folder.path().string()).code == 2);
    const Outcome outcome = run_program("classify " + kImage + " --config :fastes");
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("fastest") != std::string::npos);
}

TEST_CASE("the embedded model is right on 91 % of CIFAR-10's test images, and cheaper when balanced") {
    const std::filesystem::path shared = shared_folder();
    if (shared.empty()) return;
    const TempFolder folder;
    const std::string archive = (shared / "assets/cifar10/test.tar.gz").string();
    REQUIRE(std::system(("tar -xzf " + archive + " -C " + folder.path().string()).c_str()) == 0);
    const auto evaluate = [&](const std::string& arguments) {
        return json::parse(
            run_program("eval " + arguments + " --json --quiet --data " + folder / "test").out);
    };
    const json whole = evaluate(kFile), balanced = evaluate("");
    CHECK(whole["images"] == 5000);
    CHECK(whole["accuracy"].get<double>() >= 0.91);
    CHECK(balanced["accuracy"].get<double>() >= whole["accuracy"].get<double>() - 0.015);
    CHECK(balanced["macs"].get<double>() < 0.8 * whole["macs"].get<double>());
}
