// Covers search/train/network/training_log.
// dyce train --from-scratch and --fine-tune: what they leave in the model, refusals, and being killed.
#include "loaders/image/presets.h"
#include "runtime/core/onednn/compat.h"
#include "tests/tools/killed_runs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <sstream>

using namespace dyce;
using namespace dyce::test;

namespace {

// Images of two classes that differ in colour.
void write_images(const TempFolder& folder) {
    for (int i = 0; i < 10; ++i) {
        write_file(folder / ("data/blue/" + std::to_string(i) + ".png"), color_png(32, 10 * i, 40, 200));
        write_file(folder / ("data/red/" + std::to_string(i) + ".png"), color_png(32, 200, 40, 10 * i));
    }
}

std::string from_scratch(const TempFolder& folder) {
    return "train --from-scratch --arch cifar_resnet20 --data " + folder / "data" + " --batch 8 --quiet ";
}

bool mentions(const std::string& text, const std::string& piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("a network from scratch takes the images that the command line describes") {
    const TempFolder folder;
    write_images(folder);
    const Outcome outcome =
        run_program(from_scratch(folder) + "--epochs 1 --resize 40 --crop 32 --std 1,1,0.5 -o " +
                    folder / "m.safetensors");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const Preprocess recipe = load_model(folder / "m.safetensors")->last().preprocess;
    CHECK(recipe.resize == 40);
    CHECK(recipe.crop == 32);
    CHECK(recipe.std == std::array<float, 3>{1, 1, 0.5F});
    CHECK(recipe.mean == preset("cifar10").mean);
    const Outcome bad = run_program(from_scratch(folder) + "--crop 31 -o " + folder / "m.safetensors");
    CHECK(bad.code == 2);
    CHECK(mentions(bad.err, "crop"));
}

TEST_CASE("a network trained from scratch with its exits is an ordinary model that knows its classes") {
    const TempFolder folder;
    write_images(folder);
    const Outcome outcome =
        run_program(from_scratch(folder) +
                    "--heads linear,grid4-mlp2x8 --sites 2,8 --epochs 30 --lr 0.02 --ema 0.5 --smoothing 0.1 "
                    "--cutout 8 --mixup 0.2 --json --log " +
                    folder / "log.csv" + " -o " + folder / "m.safetensors");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(mentions(outcome.out, "\"schema\": \"dyce.train-network/1\""));
    CHECK(mentions(outcome.out, "\"steps\": 60"));

    const auto model = load_model(folder / "m.safetensors");
    CHECK(model->labels == std::vector<std::string>{"blue", "red"});
    CHECK(model->last().parameters == 269'722 - 10 * 65 + 2 * 65);  // published for ten classes
    CHECK(model->last().exits.sites.size() == 9);
    REQUIRE(model->last().exits.heads.size() == 4);
    CHECK(model->last().exits.heads[3].site == 8);
    CHECK(model->last().exits.heads[3].type == "grid4-mlp2x8");
    for (const Node& node : model->last().graph.nodes) CHECK(node.spec->name != "BatchNormalization");

    const Outcome judged =
        run_program("eval " + folder / "m.safetensors" + " --data " + folder / "data" + " --json --quiet");
    REQUIRE(judged.code == 0);
    CHECK(mentions(judged.out, "\"base_accuracy\": 1.0"));
    const std::string log = read_file(folder / "log.csv");
    CHECK(log.starts_with("epoch,step,rate,loss,train_accuracy,seconds,accuracy,exit_accuracy\n1,2,"));
    CHECK(std::count(log.begin(), log.end(), '\n') == 31);

    const std::string tune = "train --fine-tune " + folder / "m.safetensors" + " --data " + folder / "data" +
                             " --batch 8 --epochs 2 --optimiser adamw --quiet -o " + folder / "t.safetensors";
    REQUIRE(run_program(tune).code == 0);
    const std::string taught = from_scratch(folder) +
                               "--heads linear,mlp2x8 --sites 1,2 --epochs 2 --loss erde " + "--teacher " +
                               folder / "m.safetensors" + " -o " + folder / "s.safetensors";
    REQUIRE(run_program(taught).code == 0);
    CHECK(load_model(folder / "s.safetensors")->last().exits.heads.size() == 4);
    const auto tuned = load_model(folder / "t.safetensors");
    CHECK(tuned->digest != model->digest);
    CHECK(tuned->labels == model->labels);
    CHECK(tuned->last().exits.heads.size() == 4);
    CHECK(tuned->last().macs == model->last().macs);
}

TEST_CASE("training whole networks refuses what cannot be") {
    const TempFolder folder;
    write_images(folder);
    const std::string out = " -o " + folder / "m.safetensors ", fine = from_scratch(folder) + out;
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {"train --from-scratch --data x" + out, 2, "--arch"},
        {"train --from-scratch --arch cifar_resnet21 --data x" + out, 2, "cifar_resnet20"},
        {"train --from-scratch --arch cifar_resnet20 --heads stage-grid4-8 --data x" + out, 2, "in common"},
        {"train --from-scratch --arch cifar_resnet20" + out, 2, "--data"},
        {"train --from-scratch --arch cifar_resnet20 --data " + folder / "none" + out, 2, "--classes"},
        {fine + "--sites 1", 2, "without --heads"},
        {fine + "--heads conv", 2, "\"conv\""},
        {fine + "--passes 3", 2, "--passes"},
        {fine + "--alpha 0.3", 2, "without --teacher"},
        {fine + "--teacher x --entropy 1", 2, "without --loss erde"},
        {fine + "--teacher x --loss ce", 2, "\"ce\""},
        {fine + "--fine-tune x", 2, "--from-scratch"},
        {fine + "--classes 1", 2, "2 to"},
        {fine + "--mixup 2", 2, "from 0 to 1"},
        {fine + "--optimiser sgf", 2, "\"sgf\""},
        {fine + "--resume", 2, "--checkpoint"},
        {fine + "--holdout 0.8", 3, "a batch of 8"},
        {"train --fine-tune x.safetensors --arch cifar_resnet20 --data x" + out, 2, "--arch"},
        {"train x.safetensors --mixup 0.5 --data x" + out, 2, "--mixup"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == row.code);
        CHECK(mentions(outcome.err, row.piece));
    }
}

TEST_CASE("a whole network's training, killed again and again, ends with the same bytes") {
    const TempFolder folder;
    write_images(folder);
    for (const std::string optimiser : {"sgd", "adamw"}) {
        CAPTURE(optimiser);
        const std::string arguments = from_scratch(folder) +
                                      "--threads 2 --heads linear --sites 4 --ema 0.9 "
                                      "--mixup 0.3 --epochs 30 --optimiser " +
                                      optimiser + " -o ";
        REQUIRE(run_program(arguments + folder / "whole.safetensors").code == 0);
        const std::string resumed = arguments + folder / "pieces.safetensors" + " --checkpoint " +
                                    folder / ("checkpoint_" + optimiser) + " --resume";
        std::filesystem::remove(folder / "pieces.safetensors");
        CHECK(run_killed(resumed, folder / "pieces.safetensors", folder / "whole.safetensors", 0.2) > 0);

        for (const char* change : {" --lr 0.5", " --resize 36 --crop 32"}) {
            const Outcome other = run_program(resumed + change);
            CHECK(other.code == 3);
            CHECK(mentions(other.err, "not a checkpoint of this training"));
        }
    }
}

TEST_CASE("a training that is over goes on when more epochs are asked for, at the longer schedule's rate") {
    const TempFolder folder;
    write_images(folder);
    const std::string log = folder / "log.csv", model = folder / "m.safetensors";
    const std::string arguments = from_scratch(folder) + "--holdout 0 --lr 0.1 --resume --checkpoint " +
                                  folder / "checkpoint" + " --log " + log + " -o " + model;
    REQUIRE(run_program(arguments + " --epochs 10").code == 0);
    REQUIRE(run_program(arguments + " --epochs 30").code == 0);
    std::istringstream lines(read_file(log));
    std::vector<double> rates;
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);) {
        double epoch = 0, step = 0, rate = 0;
        REQUIRE(std::sscanf(line.c_str(), "%lf,%lf,%lf", &epoch, &step, &rate) == 3);
        CHECK(epoch == static_cast<double>(rates.size() + 1));
        CHECK(step == 2 * epoch);  // 20 images, 8 at a time
        rates.push_back(rate);
    }
    REQUIRE(rates.size() == 30);
    CHECK(rates[9] < 0.001);
    // Step 21 of 60, of which 3 warm up: a cosine from 0.1 to 0 over 57 steps, 18 of them done.
    CHECK(rates[10] == doctest::Approx(0.05 * (1 + std::cos(std::numbers::pi * 18 / 57))).epsilon(1e-4));
    CHECK(rates[29] < 0.001);

    const std::string bytes = read_file(model);
    REQUIRE(run_program(arguments + " --epochs 20").code == 0);  // nothing is left to do
    CHECK(read_file(model) == bytes);
}

TEST_CASE("a network trains in bfloat16, is stored so, and computes so") {
    const TempFolder folder;
    write_images(folder);
    const std::string model = folder / "m.safetensors";
    const Outcome trained = run_program(
        from_scratch(folder) + "--epochs 30 --lr 0.02 --ema 0.5 --precision bf16 --store bf16 -o " + model);
    CAPTURE(trained.err);
    if (!onednn::has_bfloat16()) {
        CHECK(trained.code == 2);
        CHECK(mentions(trained.err, "no bfloat16 instructions"));
        return;
    }
    REQUIRE(trained.code == 0);
    CHECK(std::filesystem::file_size(model) < 2 * 269'722 + 40'000);  // two bytes a parameter, and the graph
    for (const std::string precision : {"f32", "bf16"}) {
        const Outcome judged = run_program("eval " + model + " --data " + folder / "data" +
                                           " --json --quiet --precision " + precision);
        REQUIRE(judged.code == 0);
        CHECK(mentions(judged.out, "\"base_accuracy\": 1.0"));
    }
    const Outcome refused = run_program("eval " + model + " --data " + folder / "data" + " --precision f16");
    CHECK(refused.code == 2);
    CHECK(mentions(refused.err, "\"f16\" given"));
}
