#include "tools/verbs/convert_check.h"

#include "loaders/npz/npz.h"
#include "runtime/core/text.h"
#include "runtime/exec/executor.h"
#include "tools/cli/compare.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>

namespace dyce {
namespace {

constexpr Tolerance kTolerance{.relative = 1e-4, .absolute = 1e-4};
constexpr std::int64_t kMaxImages = 64;

// As float32; images of N x H x W x C become N x C x H x W.
Tensor images_of(const NpzReader& file, const std::string& name, const Shape& image) {
    const Tensor given = file.read(name);
    const auto value = [&](std::int64_t i) {
        return given.dtype() == DataType::kUint8 ? static_cast<float>(given.data<std::uint8_t>()[i])
                                                 : given.data<float>()[i];
    };
    const Shape& shape = given.shape();
    const bool is_real = given.dtype() == DataType::kFloat32 || given.dtype() == DataType::kUint8;
    const bool fits = shape.rank() == 4 && Shape(shape.begin() + 1, shape.end()) == image;
    const bool is_last = !fits && shape.rank() == 4 && Shape{shape[3], shape[1], shape[2]} == image;
    if (!is_real || (!fits && !is_last) || shape[0] < 1 || shape[0] > kMaxImages)
        throw Error(ErrorCode::kContent, "--check: " + name,
                    std::string(name_of(given.dtype())) + " " + shape.to_string() + ", expected 1 to " +
                        std::to_string(kMaxImages) + " images of " + image.to_string());
    Tensor images(DataType::kFloat32, {shape[0], image[0], image[1], image[2]});
    const std::int64_t pixels = image[1] * image[2];
    for (std::int64_t i = 0; i < images.elements(); ++i) {
        const std::int64_t n = i / image.elements(), c = i / pixels % image[0], at = i % pixels;
        images.mutable_data<float>()[i] = value(is_last ? (n * pixels + at) * image[0] + c : i);
    }
    return images;
}

// Some images of a batch, in the order of `which`.
Tensor pick(const Tensor& images, const std::vector<std::int64_t>& which) {
    Shape shape = images.shape();
    const std::int64_t size = images.elements() / shape[0];
    shape[0] = static_cast<std::int64_t>(which.size());
    Tensor some(DataType::kFloat32, shape);
    for (std::size_t i = 0; i < which.size(); ++i)
        std::copy_n(images.data<float>() + which[i] * size, size,
                    some.mutable_data<float>() + static_cast<std::int64_t>(i) * size);
    return some;
}

// The logits as the file's own output has them.
Tensor as_in_file(const Tensor& logits, const ClassifierOutputs& outputs, const Shape& shape) {
    const std::int64_t images = logits.shape()[0], width = logits.elements() / images;
    const std::int64_t first = outputs.one_logit ? 1 : 0, kept = width - first;
    const bool fits = shape.rank() > 0 && shape.elements() == images * kept;
    Tensor result(DataType::kFloat32, fits ? shape : Shape{images, kept});
    for (std::int64_t n = 0; n < images; ++n) {
        const float* row = logits.data<float>() + n * width + first;
        const double top = *std::max_element(row, row + kept);
        double sum = 0;
        for (std::int64_t i = 0; i < kept; ++i) sum += std::exp(row[i] - top);
        for (std::int64_t i = 0; i < kept; ++i) {
            double value = row[i];
            if (outputs.taken_off == "Softmax") value = std::exp(value - top) / sum;
            if (outputs.taken_off == "LogSoftmax") value = value - top - std::log(sum);
            if (outputs.taken_off == "Sigmoid") value = 1 / (1 + std::exp(-value));
            result.mutable_data<float>()[n * kept + i] = static_cast<float>(value);
        }
    }
    return result;
}

bool same_bits(const Tensor& a, const Tensor& b) {
    return a.type() == b.type() && std::memcmp(a.bytes(), b.bytes(), a.byte_size()) == 0;
}

// Each image alone, and all in reverse order, against the whole batch.
bool is_independent(Executor& executor, const Tensor& images, const std::vector<Tensor>& whole) {
    const std::int64_t count = images.shape()[0];
    std::vector<std::int64_t> reverse;
    for (std::int64_t i = count; i-- > 0;) reverse.push_back(i);
    const auto backwards = executor.run({pick(images, reverse)});
    bool independent = true;
    for (std::size_t o = 0; o < whole.size(); ++o)
        independent = independent && same_bits(backwards[o], pick(whole[o], reverse));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto alone = executor.run({pick(images, {i})});
        for (std::size_t o = 0; o < whole.size(); ++o)
            independent = independent && same_bits(alone[o], pick(whole[o], {i}));
    }
    return independent;
}

bool report(const std::string& name, const Comparison& result) {
    std::cerr << "check       " << in_quotes(name) << ": max abs " << result.max_absolute << ", max rel "
              << result.max_relative << ", " << (result.fits ? "ok" : result.problem) << "\n";
    return result.fits;
}

}  // namespace

bool check_conversion(const std::string& npz, const ModelData& model, const ClassifierOutputs& outputs) {
    const NpzReader file(npz);
    const Graph& graph = model.last().graph;
    const std::string input = graph.value(graph.inputs[0].value).name;
    if (!file.contains(input))
        throw Error(ErrorCode::kUsage, "--check",
                    npz + " has no array " + in_quotes(input) + ", the network's input");
    const Shape& shape = graph.inputs[0].type.shape;
    const Tensor images = images_of(file, input, Shape(shape.begin() + 1, shape.end()));
    Executor executor(CompiledModel::compile(graph, {.max_batch = static_cast<int>(images.shape()[0])}));
    const std::vector<Tensor> whole = executor.run({images});
    bool agrees = true, compared = false;
    for (std::size_t o = 0; o < whole.size(); ++o) {
        const std::string name = o == 0 ? outputs.name : graph.value(graph.outputs[o]).name;
        if (!file.contains(name)) continue;
        const Tensor expected = file.read(name);
        compared = true;
        agrees &=
            report(name, compare(as_in_file(whole[o], outputs, expected.shape()), expected, kTolerance));
    }
    if (!compared)
        throw Error(ErrorCode::kUsage, "--check",
                    npz + " has no array " + in_quotes(outputs.name) + ", the network's output");
    const bool independent = is_independent(executor, images, whole);
    std::cerr << "check       " << images.shape()[0] << " images alone, in a batch and in reverse: "
              << (independent ? "equal bits" : "answers differ") << "\n";
    return agrees && independent;
}

}  // namespace dyce
