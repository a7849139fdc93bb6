// Covers sample_inputs, runtime/include/dyce/sample.
// What can be classified besides decoded images, and what an answer can bring along.
#include "graph/interpreter.h"
#include "runtime/session/model_access.h"
#include "tests/loaders/image/make_files.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/check_throws.h"
#include "tests/support/images.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

const Image& some_image() {
    static const std::vector<Image> images = random_images(1, 8);
    return images[0];
}

// As the recipe of model_of() is defined: (value / 255 - mean) / std, channel by channel.
Tensor prepared(const Image& image, float std_of_blue, bool with_batch) {
    Tensor tensor(DataType::kFloat32, with_batch ? Shape{1, 3, 8, 8} : Shape{3, 8, 8});
    for (int c = 0; c < 3; ++c)
        for (int i = 0; i < 64; ++i) {
            const float value = static_cast<float>(image.pixels()[3 * i + c]) / 255.0F;
            tensor.mutable_data<float>()[64 * c + i] = (value - 0.5f) / (c == 2 ? std_of_blue : 0.25f);
        }
    return tensor;
}

// A PNG of the image, its rows stored as they are.
std::string encoded(const Image& image) {
    std::string rows;
    for (int y = 0; y < 8; ++y) {
        rows += '\0';
        rows.append(reinterpret_cast<const char*>(image.pixels()) + 24 * y, 24);
    }
    return png(png_header(8, 8, 8, 2), zlib_stored(rows));
}

Tensor zeros(DataType type, const Shape& shape) { return Tensor(type, shape); }

}  // namespace

TEST_CASE("sample: an encoded image and a prepared tensor answer as the image they come from") {
    Session session(ModelAccess::make(model_of({2})), {.threads = 1, .max_batch = 4});
    const std::string file = encoded(some_image());
    const EncodedImage png_file(file.data(), file.size());
    const Tensor chw = prepared(some_image(), 0.2f, false), nchw = prepared(some_image(), 0.2f, true);
    const Prediction expected = session.classify(some_image());
    for (const Sample& sample : {Sample(png_file), Sample(chw), Sample(nchw), Sample("image", png_file)}) {
        const Prediction answer = session.classify(sample);
        CHECK(answer.index == expected.index);
        CHECK(answer.prob == expected.prob);  // bit for bit
    }
    for (const Prediction& answer : session.classify(std::vector<Sample>{some_image(), png_file, chw, nchw}))
        CHECK(answer.prob == expected.prob);
}

TEST_CASE("sample: calls with images mean what they meant before there were samples") {
    Session session(ModelAccess::make(model_of({2})), {.threads = 1, .max_batch = 4});
    const auto images = random_images(2, 8);
    const auto expected = session.classify(images);
    const ClassifyOptions options;
    const Prediction one = session.classify({images[0]});  // braces around one image: an answer, no list
    CHECK(one.prob == expected[0].prob);
    CHECK(session.classify({images[1]}, options).prob == expected[1].prob);
    CHECK(session.classify({images[0], images[1]}).at(1).prob == expected[1].prob);
    CHECK(session.classify({images[0], images[1]}, 2).at(1).index.size() == 2);
    CHECK(session.classify({images}).size() == 2);
    CHECK(session.classify(std::vector<Image>{}, options).empty());
    CHECK(session.classify({}).empty());
    CHECK(session.classify({}, options).empty());
    Scheduler scheduler(ModelAccess::make(model_of({2})), {1, 1});
    CHECK(scheduler.submit(images[0]).get().prob == expected[0].prob);
    CHECK(scheduler.submit({images[0]}).get().prob == expected[0].prob);
}

TEST_CASE("sample: a cascade decodes for each member, and takes tensors where all prepare alike") {
    const auto different = model_of({2, 3});
    Session session(ModelAccess::make(different), {.threads = 1});
    ClassifyOptions through;
    through.configuration = Configuration{};
    through.configuration->exits = {{0, "exit0", 2}, {4, "quad1", -1}};
    const std::string file = encoded(some_image());
    CHECK(session.classify(EncodedImage(file.data(), file.size()), through).prob ==
          session.classify(some_image(), through).prob);
    check_throws([&] { session.classify(prepared(some_image(), 0.2f, false)); }, ErrorCode::kUsage,
                 "each member of this cascade prepares images in its own way");
    for (Member& member : different->members) member.preprocess = different->last().preprocess;
    Session alike(ModelAccess::make(different), {.threads = 1});
    CHECK(alike.classify(prepared(some_image(), 0.1f * 3, false), through).prob ==
          alike.classify(some_image(), through).prob);
}

TEST_CASE("sample: an input that the model does not read is refused by name, before anything is computed") {
    const Model model = ModelAccess::make(model_of({2}));
    Session session(model, {.threads = 1});
    Scheduler scheduler(model, {1, 1});
    struct Row {
        Sample sample;
        const char* piece;
    };
    Sample moved = some_image();
    const Sample taken = std::move(moved);
    const Row rows[] = {
        {moved, "sample: has no input, the model reads image"},
        {Sample("picture", some_image()), "input 'picture': the model has no such input, it reads image"},
        {Sample(some_image()).set("text", Text{"shoe"}), "input 'text': the model has no such input"},
        {Sample("image", Text{"shoe"}), "input 'image': text given, the model reads an image there"},
        {zeros(DataType::kFloat32, {3, 8, 9}), "float32 3x8x9 given, expected float32 3x8x8 or 1x3x8x8"},
        {zeros(DataType::kFloat32, {2, 3, 8, 8}), "float32 2x3x8x8 given"},
        {zeros(DataType::kUint8, {3, 8, 8}), "uint8 3x8x8 given"},
        {Tensor(), "float32 scalar given"},
        {Tensor(DataType::kFloat32, {3, 8, 8}, nullptr, nullptr), "float32 3x8x8 given"},
    };
    for (const Row& row : rows) {
        check_throws([&] { session.classify(row.sample); }, ErrorCode::kUsage, row.piece);
        check_throws(
            [&] {
                session.classify(std::vector<Sample>{some_image(), row.sample});
            },
            ErrorCode::kUsage, row.piece);
        check_throws([&] { scheduler.submit(row.sample); }, ErrorCode::kUsage, row.piece);
    }
    CHECK(scheduler.report().submitted == 0);
    check_throws([&] { Sample(some_image()).set("image", some_image()); }, ErrorCode::kUsage, "given twice");
}

TEST_CASE("sample: bad content fails alone") {
    Session session(ModelAccess::make(model_of({2})), {.threads = 1, .max_batch = 4});
    Tensor broken = prepared(some_image(), 0.2f, false);
    broken.mutable_data<float>()[70] = std::numeric_limits<float>::quiet_NaN();
    Tensor endless = prepared(some_image(), 0.2f, false);
    endless.mutable_data<float>()[3] = -std::numeric_limits<float>::infinity();
    const EncodedImage text("hello", 5, "greeting.png"), nothing(nullptr, 0);
    const auto answers =
        session.classify(std::vector<Sample>{some_image(), broken, endless, text, nothing, some_image()});
    CHECK(answers[1].error == "input 'image': value 70 is not finite");
    CHECK(answers[2].error == "input 'image': value 3 is not finite");
    CHECK(answers[3].error.find("greeting.png: not a JPEG") == 0);
    CHECK(answers[4].error.find("it is empty") != std::string::npos);
    CHECK(answers[5].prob == answers[0].prob);
    check_throws([&] { session.classify(broken); }, ErrorCode::kContent, "value 70");
    check_throws([&] { session.classify(text); }, ErrorCode::kContent, "greeting.png");
}

TEST_CASE("sample: an encoded image is decoded with the limits it was given") {
    const std::string file = encoded(some_image());
    ImageLimits limits;
    limits.side = 7;
    CHECK_THROWS_WITH_AS(EncodedImage(file.data(), file.size(), "big.png", limits).decode(),
                         doctest::Contains("big.png"), Error);
    CHECK(EncodedImage(file.data(), file.size()).decode().width() == 8);
}

TEST_CASE("answers bring the logits of the exit that answered, when they are asked for") {
    const auto data = model_of({2});
    const Model model = ModelAccess::make(data);
    // Outputs of the graph: the classifier, then exit0, quad0, exit1, quad1.
    const auto reference = interpret(data->members[0].graph, {prepared(some_image(), 0.2f, true)});
    Session session(model, {.threads = 1});
    Scheduler scheduler(model, {1, 1});
    ClassifyOptions options;
    CHECK(session.classify(some_image(), options).logits.empty());
    CHECK(scheduler.submit(some_image(), options).get().logits.empty());
    options.logits = true;
    options.topk = 1;
    for (const std::size_t output : {std::size_t{0}, std::size_t{4}}) {
        if (output == 4) {
            options.configuration = Configuration{};
            options.configuration->exits = {{1, "quad1", -1}};
        }
        const Prediction answer = session.classify(some_image(), options);
        REQUIRE(answer.logits.size() == 5);
        double sum = 0;
        for (std::size_t c = 0; c < 5; ++c) {
            CHECK(answer.logits[c] == doctest::Approx(reference[output].data<float>()[c]).epsilon(1e-4));
            sum += std::exp(static_cast<double>(answer.logits[c]));
        }
        const double best = answer.logits[static_cast<std::size_t>(answer.index.at(0))];
        CHECK(answer.prob.at(0) == doctest::Approx(std::exp(best) / sum));
        CHECK(scheduler.submit(some_image(), options).get().logits == answer.logits);
    }
}
