// Covers record_argument, search_csv, tools/verbs/{merge, search, search_options}.
// No verb writes over what it reads, or two things into one file, however the paths are written.
#include "tools/cli/output_paths.h"

#include "loaders/format/npy.h"
#include "tests/tools/exit_inputs.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <map>

#include <unistd.h>

using namespace dyce;
using namespace dyce::test;
namespace fs = std::filesystem;

namespace {

std::string refusal(const std::string& output, const std::string& other, bool both_are_outputs = false) {
    try {
        if (both_are_outputs)
            check_outputs({{"--one", output}, {"--two", other}}, {});
        else
            check_outputs({{"--one", output}}, {{"--input", other}});
        return "";
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::kUsage);
        return error.what();
    }
}

// Every file below the folder with its content.
std::map<std::string, std::string> contents(const TempFolder& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
        if (entry.is_regular_file()) files[entry.path().string()] = read_file(entry.path());
    return files;
}

}  // namespace

TEST_CASE("one file is one file by any path, there or not yet") {
    const TempFolder folder;
    write_file(folder / "a", "a");
    write_file(folder / "b", "a");
    fs::create_directories(folder / "sub");
    fs::create_symlink("a", folder / "link");
    fs::create_symlink("new", folder / "dangling");
    fs::create_directory_symlink("sub", folder / "folder");
    REQUIRE(::link((folder / "a").c_str(), (folder / "hard").c_str()) == 0);
    for (const char* same : {"a", "./a", "sub/../a", "link", "hard", "folder/../a"})
        CHECK(refusal(folder / same, folder / "a") ==
              "--one: \"" + folder / same +
                  "\" is the same file as --input, which is read; nothing was written");
    CHECK(refusal(folder / "b", folder / "a") == "");
    CHECK(refusal(folder / "new", folder / "a") == "");
    const struct {
        const char *one, *other;
        bool same;
    } rows[] = {{"new", "new", true},       {"new", "./sub/../new", true}, {"new", "dangling", true},
                {"new", "sub/new", false},  {"sub/x", "folder/x", true},   {"new", "newer", false},
                {"none/x", "none/x", true}, {"none/x", "none/./x", true},  {"none/x", "none/y", false},
                {"new", "a", false}};
    for (const auto& row : rows) {
        CAPTURE(row.one);
        CAPTURE(row.other);
        const std::string message = refusal(folder / row.one, folder / row.other, true);
        CHECK((message.find("which is written too") != std::string::npos) == row.same);
    }
    const fs::path here = fs::current_path();
    fs::current_path(folder.path());
    CHECK(refusal("a", folder / "a") != "");
    CHECK(refusal("new", folder / "new", true) != "");
    fs::current_path(here);
}

TEST_CASE("no verb writes over its inputs: exit 2, and no byte has changed") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string model = folder / "m.safetensors", data = folder / "data", list = folder / "list.csv";
    std::string lines = "path,label\n";
    for (int i = 0; i < 40; ++i)
        lines += "data/" + std::to_string(i % 5) + "/" + std::to_string(i / 5) + ".png," +
                 std::to_string(i % 5) + "\n";
    write_file(list, lines);
    write_file(folder / "listed/list.csv", "path,label\n");
    write_file(folder / "costs.json", "{}");
    write_file(folder / "log.csv", "epoch\n");
    write_file(folder / "labels", "a\nb\n");
    const std::string record = folder / "rec.npz", set = folder / "set.configs.json";
    REQUIRE(run_program("record " + model + " --data " + data + " -o " + record + " --quiet").code == 0);
    const std::string safe = folder / "out.safetensors";
    const std::string from_scratch = "train --from-scratch --arch cifar_resnet20 --data " + data;
    const std::string rows[] = {
        "search " + record + " -o " + record,
        "search " + record + " -o " + folder / "two" + " --csv " + folder / "two",
        "search " + record + " -o " + folder / "two" + " --csv " + folder / "./data/../two",
        "search " + record + " --csv " + record,
        "search " + record + " --embed " + model + " -o " + model,
        "search " + record + " -o " + folder / "x" + " --costs " + folder / "x" + " --csv " + folder / "x",
        "search " + record + " -o " + folder / "costs.json" + " --costs " + folder / "costs.json",
        "search " + record + " -o " + folder / "costs.json" + " --latency " + folder / "costs.json" +
            ":batch=1",
        "search " + record + " -o " + model + " --model " + model,
        "search " + record + " --csv " + list + " --validate " + list,
        "search " + record + " --csv " + list + " --calibrate " + list,
        "record " + model + " --data " + data + " -o " + model,
        "record " + model + " --data " + list + " -o " + list,
        "record " + model + " --data " + folder / "listed" + " -o " + folder / "listed/list.csv",
        "record " + model + " --data " + data + " -o " + data + "/0/1.png",
        "record " + model + " --data " + list + " -o " + data + "/0/1.png",
        "eval " + model + " --data " + data + " --per-image " + model,
        "eval " + model + " --data " + data + " --config " + set + ":first --per-image " + set,
        "eval --records " + record + " --per-image " + record,
        "merge " + record + " -o " + record,
        "cascade " + model + " " + model + " -o " + model,
        "report " + set + " -o " + set,
        "report " + set + " --records " + record + " -o " + record,
        "report --log " + folder / "log.csv" + " -o " + folder / "log.csv",
        "quantize " + model + " --data " + safe + " -o " + safe,
        "train " + model + " --data " + data + " -o " + safe + " --checkpoint " + model,
        "train " + model + " --data " + data + " -o " + safe + " --checkpoint " + safe,
        "train " + model + " --data " + list + " -o " + safe + " --checkpoint " + list,
        from_scratch + " -o " + safe + " --log " + folder / "x" + " --checkpoint " + folder / "x",
        from_scratch + " -o " + safe + " --log " + folder / "labels" + " --labels " + folder / "labels",
        from_scratch + " -o " + model + " --teacher " + model,
        "train --fine-tune " + model + " --data " + data + " -o " + safe + " --log " + model,
        "convert " + model + " --arch cifar_resnet20 --preset cifar10 -o " + model,
        "convert x.onnx --labels " + model + " -o " + model,
    };
    write_file(safe, "precious");
    const auto before = contents(folder);
    for (const std::string& row : rows) {
        const Outcome outcome = run_program(row);
        CAPTURE(row);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find("is the same file as") != std::string::npos);
    }
    CHECK(contents(folder) == before);

    // What may be replaced: a model by its own new version.
    CHECK(run_program("quantize " + model + " --data " + data + " -o " + model + " --quiet").code == 0);
    CHECK(
        run_program("train " + model + " --data " + data + " -o " + model + " --epochs 1 --passes 1 --quiet")
            .code == 0);
    REQUIRE(run_program("record " + model + " --data " + data + " -o " + record + " --quiet").code == 0);
    CHECK(run_program("record " + model + " --data " + data + " -o " + record + " --quiet").code == 0);
    CHECK(run_program("search " + record + " --embed " + model + " --model " + model + " --lambda 1 --quiet")
              .code == 0);
}

TEST_CASE("run refuses to write an output over an input") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", color_model());
    write_npy(folder / "logits.npy", Tensor(DataType::kFloat32, {1, 3, 8, 8}));
    const std::string input = read_file(folder / "logits.npy");
    const std::string run =
        "run " + folder / "m.safetensors" + " --input input=" + folder / "logits.npy" + " ";
    const Outcome refused = run_program(run + "--output " + folder.path().string());
    CAPTURE(refused.err);
    CHECK(refused.code == 2);
    CHECK(refused.err.find("output logits: ") != std::string::npos);
    CHECK(read_file(folder / "logits.npy") == input);
    CHECK(run_program(run + "--output " + folder / "elsewhere").code == 0);
    CHECK(fs::exists(folder / "elsewhere/logits.npy"));
}

TEST_CASE("run refuses outputs whose names make one file name") {
    const TempFolder folder;
    ModelData model = color_model();
    Graph& graph = model.members[0].graph;
    const auto add_relu = [&](const std::string& name) {
        const ValueId made = graph.add_value(name);
        graph.nodes.push_back({find_op("Relu"), name, {}, {graph.outputs[0]}, {made}, {}});
        graph.outputs.push_back(made);
    };
    add_relu("a/b");
    add_relu("a_b");
    save_model(folder / "m.safetensors", model);
    write_npy(folder / "in.npy", Tensor(DataType::kFloat32, {1, 3, 8, 8}));
    const Outcome outcome = run_program("run " + folder / "m.safetensors" + " --input " + folder / "in.npy" +
                                        " --output " + folder / "out");
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("is the same file as output a/b, which is written too") != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
}
