// The way of README.md - convert, train heads, record, search, classify - on networks of the kinds that people
// export: grey, channels last, ended by a softmax, and of one logit. Small and made up; what is checked is that
// every step takes what the one before it wrote, and that answers are probabilities of the right classes.
#include "loaders/format/json.h"
#include "tests/loaders/import/onnx/onnx_builder.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

using Ints = std::vector<std::int64_t>;

std::vector<float> numbers(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = 0.3f * static_cast<float>(i * 7 % 11) - 1.5f;
    return values;
}

struct Network {
    const char* name;
    Ints input;
    std::int64_t channels;
    int logits;
    const char* end;  ///< an operator, "" for none
    const char* options;
};

const Network kNetworks[] = {
    {"grey", {-1, 1, 28, 28}, 1, 2, "", "--mean 0.5 --std 0.25"},
    {"channels last", {-1, 16, 16, 3}, 3, 2, "", "--preset keras:tf"},
    {"softmax", {-1, 3, 16, 16}, 3, 2, "Softmax", "--mean 0 --std 1 --resize 16x16"},
    {"one logit", {-1, 3, 16, 16}, 3, 1, "Sigmoid", "--mean 0 --std 1 --resize 16x16"},
};

// Two residual blocks, then the mean of each channel and a layer.
std::string write_network(const Network& network, const TempFolder& folder) {
    OnnxBuilder m(13);
    m.input("x", network.input).output("y");
    const std::int64_t c = network.channels;
    std::string x = "x";
    if (network.input[3] == c) {
        m.node("Transpose", {"x"}, {"first"}).set("perm", Ints{0, 3, 1, 2});
        x = "first";
    }
    for (const char* block : {"a", "b"}) {
        const std::string name = block;
        m.floats("w" + name, {c, c, 3, 3}, numbers(static_cast<std::size_t>(9 * c * c)));
        m.node("Conv", {x, "w" + name}, {"conv" + name}).set("pads", Ints{1, 1, 1, 1});
        m.node("Tanh", {"conv" + name}, {"tanh" + name});
        m.node("Add", {"tanh" + name, x}, {"sum" + name});
        x = "sum" + name;
    }
    m.floats("w", {c, network.logits}, numbers(static_cast<std::size_t>(c * network.logits)));
    m.node("GlobalAveragePool", {x}, {"pooled"});
    m.node("Flatten", {"pooled"}, {"flat"});
    const bool has_end = network.end[0] != '\0';
    m.node("MatMul", {"flat", "w"}, {has_end ? "logits" : "y"});
    if (has_end) m.node(network.end, {"logits"}, {"y"});
    return m.save(folder, "net.onnx");
}

std::string write_images(const TempFolder& folder) {
    for (int label = 0; label < 2; ++label)
        for (int i = 0; i < 12; ++i)
            write_file(
                folder / "data/" + std::to_string(label) + "/" + std::to_string(i) + ".png",
                color_png(28 + i % 3, label == 0 ? 220 - 7 * i : 20, 90, label == 0 ? 30 : 150 + 6 * i));
    return folder / "data";
}

Outcome step(const std::string& arguments) {
    const Outcome outcome = run_program(arguments + " --threads 1");
    CAPTURE(arguments);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome;
}

}  // namespace

TEST_CASE("the way from a network to operating points takes every kind of network") {
    for (const Network& network : kNetworks) {
        CAPTURE(network.name);
        const TempFolder folder;
        const std::string data = write_images(folder), source = write_network(network, folder);
        const std::string options =
            std::string(network.options) + (network.channels == 1 ? " --resize 28x28" : "");
        const Outcome converted =
            run_program("convert " + source + " " + options + " -o " + folder / "m.safetensors");
        CAPTURE(converted.err);
        REQUIRE(converted.code == 0);
        CHECK(converted.err.find("2 classes") != std::string::npos);
        step("train " + folder / "m.safetensors" + " --data " + data + " --heads linear --epochs 1 -o " +
             folder / "e.safetensors");
        step("record " + folder / "e.safetensors" + " --data " + data + " -o " + folder / "r.npz");
        const Outcome searched =
            run_program("search " + folder / "r.npz" + " -o " + folder / "s.configs.json");
        CAPTURE(searched.err);
        REQUIRE(searched.code == 0);
        const Outcome answered = step("classify " + folder / "e.safetensors" + " " + data +
                                      "/1/3.png --jsonl --config " + folder / "s.configs.json");
        const Json answer = Json::parse(answered.out);
        REQUIRE(answer["prob"].size() == 2);
        CHECK(answer["prob"][0].get<double>() + answer["prob"][1].get<double>() == doctest::Approx(1));
    }
}
