// Covers convert_binary, convert_elementwise, convert_layers, tensor_proto.
// ONNX's own operator tests through the importer and the plain loops.
#include "graph/interpreter.h"
#include "loaders/import/onnx/onnx_import.h"
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
    const auto outputs = interpret(import_onnx(model, options), arguments);
    const auto expected = files(folder, "output");
    if (outputs.size() != expected.size()) return std::to_string(outputs.size()) + " outputs";
    const double tolerance = folder.filename() == kFourDigits ? 1e-3 : 1e-4;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const std::string text = difference(outputs[i], read_tensor_proto(expected[i]), tolerance);
        if (!text.empty()) return "output " + std::to_string(i) + ": " + text;
    }
    return "";
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

/// What the library leaves out: Resize's modes beyond nearest and linear, and operators it does not have.
bool may_be_refused(const std::string& message) {
    for (const char* left_out : {"Resize, mode cubic", "Resize, antialias", "tf_crop_and_resize",
                                 "GroupNormalization", "InstanceNormalization", "PRelu"})
        if (message.find(left_out) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("ONNX's operator tests give their stored outputs") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const TempFolder folder;
    int passed = 0, refused = 0;
    for (const fs::path& test : unpack(shared / "assets/onnx-vectors.tar.gz", folder)) {
        const std::string name = test.filename().string();
        CAPTURE(name);
        try {
            const std::string trouble = run_vector(test);
            CHECK(trouble == "");
            ++passed;
        } catch (const Error& error) {
            CHECK_MESSAGE(may_be_refused(error.message()), error.what());
            ++refused;
        }
    }
    CHECK(passed == 289);
    CHECK(refused == 20);
}
