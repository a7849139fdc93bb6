// The way of README.md - convert, train heads, record, search, classify - on networks of the kinds that people
// export: grey, channels last, ended by a softmax, of one logit, a plain chain, and a transformer. Small and made up; what is checked is that
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

using ValueName = std::string;

constexpr const char* kSmall = "--mean 0 --std 1 --resize 16x16";

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
    /// From the image, N x channels x 16 x 16 or larger, to N x channels; the name of the result.
    std::string (*body)(OnnxBuilder&, std::string x, std::int64_t channels);
    const char* heads;
    const char* sites;  ///< what convert says of them
};

// Two residual blocks, then the mean of each channel.
std::string residual(OnnxBuilder& m, std::string x, std::int64_t c) {
    for (const char* block : {"a", "b"}) {
        const std::string name = block;
        m.floats("w" + name, {c, c, 3, 3}, numbers(static_cast<std::size_t>(9 * c * c)));
        m.node("Conv", {x, "w" + name}, {"conv" + name}).set("pads", Ints{1, 1, 1, 1});
        m.node("Tanh", {"conv" + name}, {"tanh" + name});
        m.node("Add", {"tanh" + name, x}, {"sum" + name});
        x = "sum" + name;
    }
    m.node("GlobalAveragePool", {x}, {"pooled"});
    m.node("Flatten", {"pooled"}, {"flat"});
    return "flat";
}

// Convolutions, activations and pools, and no more, as in VGG.
std::string plain_chain(OnnxBuilder& m, std::string x, std::int64_t c) {
    for (const char* block : {"a", "b"}) {
        const std::string name = block;
        m.floats("w" + name, {c, c, 3, 3}, numbers(static_cast<std::size_t>(9 * c * c)));
        m.node("Conv", {x, "w" + name}, {"conv" + name}).set("pads", Ints{1, 1, 1, 1});
        m.node("Relu", {"conv" + name}, {"relu" + name});
        m.node("MaxPool", {"relu" + name}, {"pool" + name})
            .set("kernel_shape", Ints{2, 2})
            .set("strides", Ints{2, 2});
        x = "pool" + name;
    }
    m.node("GlobalAveragePool", {x}, {"pooled"});
    m.node("Flatten", {"pooled"}, {"flat"});
    return "flat";
}

ValueName linear(OnnxBuilder& m, const ValueName& x, const std::string& name, std::int64_t from,
                 std::int64_t to) {
    m.floats("w" + name, {from, to}, numbers(static_cast<std::size_t>(from * to)));
    m.node("MatMul", {x, "w" + name}, {name});
    return name;
}

ValueName normalised(OnnxBuilder& m, const ValueName& x, const std::string& name, std::int64_t c) {
    m.floats("s" + name, {c}, std::vector<float>(static_cast<std::size_t>(c), 1.f));
    m.node("LayerNormalization", {x, "s" + name}, {name});
    return name;
}

// A class token before 16 patches, two blocks of attention and perceptron, a norm, and the class token.
std::string transformer(OnnxBuilder& m, std::string x, std::int64_t c) {
    m.floats("wpatch", {c, c, 4, 4}, numbers(static_cast<std::size_t>(16 * c * c)));
    m.ints("ctokens", {0, c, 16}).ints("one", {1}).ints("zero", {0}).ints("channels", {c});
    m.node("Conv", {x, "wpatch"}, {"patches"}).set("strides", Ints{4, 4});
    m.node("Reshape", {"patches", "ctokens"}, {"rows"});
    m.node("Transpose", {"rows"}, {"tokens"}).set("perm", Ints{0, 2, 1});
    m.node("Shape", {x}, {"shape"});
    m.node("Gather", {"shape", "zero"}, {"size"}).set("axis", 0);
    m.node("Concat", {"size", "one", "channels"}, {"target"}).set("axis", 0);
    m.floats("cls", {1, 1, c}, numbers(static_cast<std::size_t>(c)));
    m.node("Expand", {"cls", "target"}, {"token"});
    m.node("Concat", {"token", "tokens"}, {"joined"}).set("axis", 1);
    x = "joined";
    for (const std::string& block : {std::string("a"), std::string("b")}) {
        const ValueName n = normalised(m, x, block + "n1", c);
        m.node("Transpose", {linear(m, n, block + "k", c, c)}, {block + "kt"}).set("perm", Ints{0, 2, 1});
        m.node("MatMul", {linear(m, n, block + "q", c, c), block + "kt"}, {block + "qk"});
        m.node("Softmax", {block + "qk"}, {block + "scores"}).set("axis", -1);
        m.node("MatMul", {block + "scores", linear(m, n, block + "v", c, c)}, {block + "seen"});
        m.node("Add", {x, linear(m, block + "seen", block + "proj", c, c)}, {block + "sum"});
        const ValueName wide =
            linear(m, normalised(m, block + "sum", block + "n2", c), block + "f1", c, 2 * c);
        m.node("Relu", {wide}, {block + "relu"});
        m.node("Add", {block + "sum", linear(m, block + "relu", block + "f2", 2 * c, c)}, {block});
        x = block;
    }
    m.ints("front", {}, {0});
    m.node("Gather", {normalised(m, x, "norm", c), "front"}, {"flat"}).set("axis", 1);
    return "flat";
}

const Network kNetworks[] = {
    {"grey",
     {-1, 1, 28, 28},
     1,
     2,
     "",
     "--mean 0.5 --std 0.25 --resize 28x28",
     residual,
     "linear",
     "2: suma"},
    {"channels last", {-1, 16, 16, 3}, 3, 2, "", "--preset keras:tf", residual, "linear", "2: suma"},
    {"softmax", {-1, 3, 16, 16}, 3, 2, "Softmax", kSmall, residual, "linear", "2: suma"},
    {"one logit", {-1, 3, 16, 16}, 3, 1, "Sigmoid", kSmall, residual, "linear", "2: suma"},
    {"plain chain", {-1, 3, 16, 16}, 3, 2, "", kSmall, plain_chain, "linear,grid2-linear", "2: poola"},
    {"transformer",
     {-1, 3, 16, 16},
     3,
     2,
     "",
     kSmall,
     transformer,
     "linear,norm-cls-linear,grid4-mlp2x8",
     "2: a, norm (16 tokens behind 1)"},
};

std::string write_network(const Network& network, const TempFolder& folder) {
    OnnxBuilder m(17);
    m.input("x", network.input).output("y");
    const std::int64_t c = network.channels;
    std::string x = "x";
    if (network.input[3] == c) {
        m.node("Transpose", {"x"}, {"first"}).set("perm", Ints{0, 3, 1, 2});
        x = "first";
    }
    x = network.body(m, x, c);
    m.floats("w", {c, network.logits}, numbers(static_cast<std::size_t>(c * network.logits)));
    const bool has_end = network.end[0] != '\0';
    m.node("MatMul", {x, "w"}, {has_end ? "logits" : "y"});
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
        const Outcome converted =
            run_program("convert " + source + " " + network.options + " -o " + folder / "m.safetensors");
        CAPTURE(converted.err);
        REQUIRE(converted.code == 0);
        CHECK(converted.err.find("2 classes") != std::string::npos);
        CHECK(converted.err.find(std::string("\nsites       ") + network.sites) != std::string::npos);
        step("train " + folder / "m.safetensors" + " --data " + data + " --heads " + network.heads +
             " --epochs 1 -o " + folder / "e.safetensors");
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

TEST_CASE("--prefix-tokens overrides what the graph tells of the tokens") {
    const TempFolder folder;
    const Network &transformer_network = kNetworks[5], &residual_network = kNetworks[0];
    const auto converted = [&](const Network& network, const char* count) {
        return run_program("convert " + write_network(network, folder) + " " + network.options +
                           " --prefix-tokens " + count + " -o " + folder / "m.safetensors");
    };
    CHECK(converted(transformer_network, "2").err.find("2: a, norm (15 tokens behind 2)") !=
          std::string::npos);
    CHECK(converted(transformer_network, "0").err.find("2: a, norm (17 tokens)") != std::string::npos);
    const Outcome too_many = converted(transformer_network, "17"),
                  no_tokens = converted(residual_network, "1");
    CHECK(too_many.code == 2);
    CHECK(too_many.err.find(
              "--prefix-tokens: site a: is 1x17x3, 17 tokens before the patches given, expected 0 to 16") !=
          std::string::npos);
    CHECK(no_tokens.code == 2);
    CHECK(no_tokens.err.find("--prefix-tokens: no site of the network has tokens") != std::string::npos);
}
