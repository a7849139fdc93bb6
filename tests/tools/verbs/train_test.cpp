// Covers train_options, tools/cli/{interruption, progress}.
// dyce train: refusals, what it leaves in the model, and being killed.
#include "tests/tools/exit_inputs.h"
#include "tests/tools/killed_runs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

using namespace dyce;
using namespace dyce::test;

namespace {

bool mentions(const Outcome& outcome, const std::string& piece) {
    return outcome.err.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("train attaches heads, keeps others and reports what was held out") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string arguments = "train " + folder / "m.safetensors" + " --data " + folder / "data" +
                                  " -o " + folder / "out.safetensors" +
                                  " --heads linear,grid4-mlp2x8,grid9-linear";
    const Outcome outcome = run_program(arguments + " --epochs 2 --json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(mentions(outcome, "gets no grid9-linear: the grid is larger than the feature map, "));
    CHECK(mentions(outcome, "held out: 4 images"));
    CHECK(outcome.out.find("\"schema\": \"dyce.train/1\"") != std::string::npos);
    const auto model = load_model(folder / "out.safetensors");
    CHECK(model->last().exits.heads.size() == 4 + 4);
    CHECK(model->digest != load_model(folder / "m.safetensors")->digest);
    CHECK(outcome.out.find(model->digest) != std::string::npos);
}

TEST_CASE("heads in integers: a smaller file, and the same answers from its dense twin") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string arguments =
        "train " + folder / "m.safetensors" + " --data " + folder / "data" + " --epochs 2 --quiet --heads ";
    const std::string types = "stage-grid4-32,mlp2x64,linear", small = folder / "small.safetensors",
                      twin = folder / "twin.safetensors";
    REQUIRE(run_program(arguments + types + " -o " + folder / "f32.safetensors").code == 0);
    REQUIRE(run_program(arguments + types + " --store int8 -o " + small).code == 0);
    const auto size = [&](const std::string& name) { return std::filesystem::file_size(folder / name); };
    const auto before = size("m.safetensors");
    CHECK(size("small.safetensors") - before < (size("f32.safetensors") - before) / 2);
    // Weights of the backbone are what they were, and a file that is written again is the same.
    const auto model = load_model(small), source = load_model(folder / "m.safetensors");
    for (const Value& value : source->last().graph.values) {
        if (!value.constant) continue;
        const auto& values = model->last().graph.values;
        const auto same = std::find_if(values.begin(), values.end(), [&](const Value& other) {
            return other.constant && other.constant->type() == value.constant->type() &&
                   std::memcmp(other.constant->bytes(), value.constant->bytes(),
                               value.constant->byte_size()) == 0;
        });
        CHECK(same != values.end());
    }
    save_model(folder / "again.safetensors", ModelData(*model));
    CHECK(read_file(folder / "again.safetensors") == read_file(small));
    REQUIRE(run_program("compress --expand " + small + " --quiet -o " + twin).code == 0);
    CHECK(load_model(twin)->digest == model->digest);
    const auto record = [&](const std::string& of, const std::string& name) {
        REQUIRE(run_program("record " + of + " --data " + folder / "data --quiet -o " + folder / name).code ==
                0);
        return read_file(folder / name);
    };
    CHECK(record(small, "small.npz") == record(twin, "twin.npz"));
    CHECK(mentions(run_program(arguments + "linear --store bf16 -o " + small), "\"bf16\" given"));
}

TEST_CASE("heads with something in common are recorded, searched, judged and used like any others") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string model = folder / "out.safetensors", data = " --data " + folder / "data";
    const auto run = [](const std::string& arguments) {
        const Outcome outcome = run_program(arguments);
        CAPTURE(arguments);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return outcome;
    };
    const Outcome trained = run("train " + folder / "m.safetensors" + data + " -o " + model +
                                " --heads stage-grid4-8,shared-grid2-8 --epochs 40 --batch 8 --json");
    CHECK(mentions(trained, "feeds: 256 MACs"));  // 8 channels at 2 x 2 cells to 8 numbers, at the first site
    CHECK(trained.out.find("\"feed_macs\": 256") != std::string::npos);
    run("record " + model + data + " -o " + folder / "all.npz");
    run("search " + folder / "all.npz" + " -o " + folder / "found.configs.json");
    CHECK(read_file(folder / "found.configs.json").find("-grid") != std::string::npos);  // exits are on
    for (const std::string type : {"stage-grid4-8", "shared-grid2-8"}) {
        const auto loaded = load_model(model);
        ConfigurationSet::Contents contents;
        contents.model_digest = loaded->digest;
        contents.preprocess_digest = loaded->preprocess_digest;
        contents.base = {0.5, 1, 1};
        Configuration both;
        both.name = "both";
        both.exits = {{0, type, 0.5}, {1, type, -1}};
        contents.configurations.push_back(both);
        ConfigurationSet(std::move(contents)).save(folder / "own.configs.json");
        const std::string config = " --config " + folder / "own.configs.json" + ":both --json";
        const std::string live = run("eval " + model + data + config).out;
        const std::string recorded = run("eval --records " + folder / "all.npz" + config).out;
        for (const char* key : {"\"accuracy\"", "\"macs\""}) {
            CAPTURE(key);
            const auto value = [&](const std::string& text) {
                const std::size_t at = text.find(key);
                return at == std::string::npos ? "none" : text.substr(at, text.find('\n', at) - at);
            };
            CHECK(value(live) != "none");
            CHECK(value(live) == value(recorded));
        }
    }
}

TEST_CASE("train refuses what cannot be") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string fine =
        folder / "m.safetensors" + " --data " + folder / "data" + " -o " + folder / "out.safetensors" + " ";
    const struct {
        std::string arguments;
        const char* piece;
    } rows[] = {
        {folder / "m.safetensors" + " -o x.safetensors", "--data"},
        {folder / "m.safetensors" + " --data x", "--output"},
        {fine + "--heads conv3", "\"conv3\""},
        {fine + "--heads linear,linear", "twice"},
        {fine + "--heads stage-mlp2x64", "\"stage-mlp2x64\""},
        {fine + "--heads shared-grid9-8", "no head fits"},
        {fine + "--heads grid9-linear", "no head fits"},
        {fine + "--sites 0,2", "from 0 to 1"},
        {fine + "--sites 1,1", "twice"},
        {fine + "--loss kl", "\"kl\""},
        {fine + "--loss ce --alpha 0.5", "--alpha"},
        {fine + "--alpha 2", "from 0 to 1"},
        {fine + "--resume", "--checkpoint"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program("train " + row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        CHECK(mentions(outcome, row.piece));
    }
}

TEST_CASE("training killed again and again ends with the same bytes") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string arguments =
        "train " + folder / "m.safetensors" + " --data " + folder / "data" +
        " --heads grid4-mlp2x32,stage-grid2-8,shared-grid2-8 --epochs 1000 --batch 8"
        " --quiet -o ";
    REQUIRE(run_program(arguments + folder / "whole.safetensors").code == 0);

    const std::string resumed = arguments + folder / "pieces.safetensors" + " --cache " + folder / "cache" +
                                " --checkpoint " + folder / "checkpoint" + " --resume";
    CHECK(run_killed(resumed, folder / "pieces.safetensors", folder / "whole.safetensors") > 0);

    const Outcome other = run_program(resumed + " --lr 0.5");
    CHECK(other.code == 3);
    CHECK(mentions(other, "not a checkpoint of this training"));
}
