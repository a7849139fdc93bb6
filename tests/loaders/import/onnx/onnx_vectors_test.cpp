// Covers convert_attention, convert_binary, convert_einsum, convert_elementwise, convert_layers, tensor_proto.
// ONNX's own operator tests through the importer, by plain loops and compiled.
#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
#include "runtime/exec/executor.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

using namespace dyce;
using namespace dyce::test;
namespace fs = std::filesystem;

namespace {

/// The one test whose output is stored rounded to four digits; ONNX itself allows 1e-3 everywhere.
const std::string kFourDigits = "test_averagepool_2d_ceil_last_window_starts_on_pad";

/// input_K.pb or output_K.pb of one test, by K.
std::vector<std::string> files(const fs::path& folder, const std::string& kind) {
    std::vector<std::string> paths;
    for (int k = 0;; ++k) {
        const fs::path path = folder / "test_data_set_0" / (kind + "_" + std::to_string(k) + ".pb");
        if (!fs::exists(path)) return paths;
        paths.push_back(path.string());
    }
}

template <class T>
bool equal(const Tensor& a, const Tensor& b) {
    return std::equal(a.data<T>(), a.data<T>() + a.elements(), b.data<T>());
}

/// "" when `ours` is `expected` within 1e-6 + tolerance * |expected|, NaN being NaN; integers exactly.
std::string difference(const Tensor& ours, const Tensor& expected, double tolerance) {
    if (ours.type() != expected.type())
        return "type is " + std::string(name_of(ours.dtype())) + " " + ours.shape().to_string();
    switch (expected.dtype()) {
        case DataType::kInt64: return equal<std::int64_t>(ours, expected) ? "" : "integers differ";
        case DataType::kInt32: return equal<std::int32_t>(ours, expected) ? "" : "integers differ";
        case DataType::kFloat32: break;
        default: return equal<std::uint8_t>(ours, expected) ? "" : "bytes differ";
    }
    for (std::int64_t i = 0; i < expected.elements(); ++i) {
        const double a = ours.data<float>()[i], b = expected.data<float>()[i];
        const bool same =
            a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-6 + tolerance * std::abs(b);
        if (!same)
            return std::to_string(a) + " for " + std::to_string(b) + " at element " + std::to_string(i);
    }
    return "";
}

std::string difference(const std::vector<Tensor>& ours, const std::vector<Tensor>& expected,
                       double tolerance) {
    if (ours.size() != expected.size()) return std::to_string(ours.size()) + " outputs";
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const std::string text = difference(ours[i], expected[i], tolerance);
        if (!text.empty()) return "output " + std::to_string(i) + ": " + text;
    }
    return "";
}

/// Imports with integers and parameters bound, runs, compares all outputs.
std::string run_vector(const fs::path& folder) {
    const std::string model = (folder / "model.onnx").string();
    OnnxOptions options;
    options.batched = false;
    std::vector<Tensor> arguments;
    const auto inputs = onnx_inputs(model);
    const auto stored = files(folder, "input");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor value = read_tensor_proto(stored.at(i));
        if (inputs[i].parameter || value.dtype() != DataType::kFloat32)
            options.bindings[inputs[i].name] = value;
        else
            arguments.push_back(value);
    }
    const Graph graph = import_onnx(model, options);
    std::vector<Tensor> expected;
    for (const std::string& file : files(folder, "output")) expected.push_back(read_tensor_proto(file));
    const double tolerance = folder.filename() == kFourDigits ? 1e-3 : 1e-4;
    const std::string trouble = difference(interpret(graph, arguments), expected, tolerance);
    if (!trouble.empty()) return "by plain loops " + trouble;
    const auto compiled = Executor(CompiledModel::compile(graph)).run(arguments);
    const std::string other = difference(compiled, expected, tolerance);
    return other.empty() ? "" : "compiled " + other;
}

/// Folders of all tests of the archive, unpacked into `folder`.
std::vector<fs::path> unpack(const fs::path& archive, const TempFolder& folder) {
    const std::string command = "tar xzf '" + archive.string() + "' -C '" + folder.path().string() + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    std::vector<fs::path> tests;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
        if (entry.path().filename() == "model.onnx") tests.push_back(entry.path().parent_path());
    std::sort(tests.begin(), tests.end());
    return tests;
}

/// A pack of tests, how many of them pass, and what is left out of the others.
struct Pack {
    const char* archive;
    int passed;
    std::vector<const char*> left_out;
    int refused;
};

const Pack kPacks[] = {
    {"onnx-vectors.tar.gz", 309, {}, 0},
    {"onnx-vectors-2.tar.gz",
     245,
     {"Attention, keys and values of earlier calls", "Attention, outputs besides the first", "ConvTranspose",
      "GatherElements", "GatherND", "MeanVarianceNormalization", "operator set 1, supported are",
      "QLinearConv", "QLinearMatMul",
      "graph output 'y' is an output that dyce does not compute",  // integers of QuantizeLinear
      "scales for the channels of a computed value", "ScatterElements", "Sign"},
     51},
};

}  // namespace

TEST_CASE("ONNX's operator tests give their stored outputs") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    for (const Pack& pack : kPacks) {
        const TempFolder folder;
        int passed = 0, refused = 0;
        for (const fs::path& test : unpack(shared / "assets" / pack.archive, folder)) {
            const std::string name = test.filename().string();
            CAPTURE(name);
            try {
                const std::string trouble = run_vector(test);
                CHECK(trouble == "");
                ++passed;
            } catch (const Error& error) {
                const bool may_be_refused = std::any_of(
                    pack.left_out.begin(), pack.left_out.end(),
                    [&](const char* piece) { return error.message().find(piece) != std::string::npos; });
                CHECK_MESSAGE(may_be_refused, error.what());
                ++refused;
            }
        }
        CHECK(passed == pack.passed);
        CHECK(refused == pack.refused);
    }
}
