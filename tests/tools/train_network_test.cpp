// dyce train --from-scratch and --fine-tune: what they leave in the model, refusals, and being killed.
#include "loaders/image/presets.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dyce;
using namespace dyce::test;

namespace {

// Pictures of two classes that differ in colour.
void write_pictures(const TempFolder& folder) {
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

TEST_CASE("a network from scratch takes the pictures that the command line describes") {
    const TempFolder folder;
    write_pictures(folder);
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
    write_pictures(folder);
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
    write_pictures(folder);
    const std::string out = " -o " + folder / "m.safetensors ", fine = from_scratch(folder) + out;
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {"train --from-scratch --data x" + out, 2, "--arch"},
        {"train --from-scratch --arch cifar_resnet21 --data x" + out, 2, "cifar_resnet20"},
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
    write_pictures(folder);
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
        int kills = 0;
        // Each attempt has half as much time again, so that the last one ends however slow the machine is.
        for (double seconds = 0.2;
             run_program(resumed, "timeout -s KILL " + std::to_string(seconds)).code != 0; seconds *= 1.5) {
            REQUIRE(++kills < 30);
            CHECK_FALSE(std::filesystem::exists(folder / "pieces.safetensors"));
        }
        CHECK(kills > 0);
        CHECK(read_file(folder / "pieces.safetensors") == read_file(folder / "whole.safetensors"));

        for (const char* change : {" --lr 0.5", " --resize 36 --crop 32"}) {
            const Outcome other = run_program(resumed + change);
            CHECK(other.code == 3);
            CHECK(mentions(other.err, "not a checkpoint of this training"));
        }
    }
}
