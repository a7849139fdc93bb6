// Covers engine, image_batch, model, runtime/include/dyce/{dyce, model, session}.
#include "runtime/session/model_access.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/images.h"
#include "tests/support/resident.h"
#include "tests/support/support.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <thread>

using namespace dyce;

namespace {

Model tiny() {
    ModelData data = test::tiny_model();
    // The tiny network ends in N x 5 x 1 x 1; a classifier ends in N x 5.
    Member& member = data.members[0];
    const ValueId last = member.graph.nodes.back().outputs[0];
    const ValueId logits = member.graph.add_value("flat");
    member.graph.nodes.push_back({find_op("Flatten"), "flat", {}, {last}, {logits}, {}});
    member.graph.outputs = {logits};
    member.macs = count_macs(member.graph);
    data.classes = 5;
    return ModelAccess::make(std::make_shared<ModelData>(std::move(data)));
}

}  // namespace

TEST_CASE("an answer does not depend on the batch it was computed in") {
    const Model model = tiny();
    const auto images = test::random_images(9, 16);
    Session one(model);
    for (const int batch : {2, 4, 5, 16}) {
        Session many(model, {.threads = 1, .max_batch = batch});
        const auto answers = many.classify(images, 5);
        REQUIRE(answers.size() == images.size());
        for (std::size_t i = 0; i < images.size(); ++i) {
            const Prediction alone = one.classify(images[i], 5);
            CHECK(answers[i].index == alone.index);
            CHECK(answers[i].prob == alone.prob);  // bit for bit
            CHECK(answers[i].macs == model.macs());
        }
    }
}

TEST_CASE("weights that were packed leave the mapped file's memory") {
    // Two layers of 16 MiB in channels that no kernel takes as they are stored.
    GraphBuilder builder;
    ValueId x = builder.input("input", {DataType::kFloat32, {1, 3, 2, 2}});
    for (const Shape& shape : {Shape{1024, 3, 1, 1}, Shape{4096, 1024, 1, 1}, Shape{1024, 4096, 1, 1}}) {
        Tensor weights(DataType::kFloat32, shape);
        for (std::int64_t i = 0; i < weights.elements(); ++i)
            weights.mutable_data<float>()[i] = static_cast<float>(i % 13 - 6) / 128;
        x = builder.add("Conv", {x, builder.constant("w" + std::to_string(shape[1]), weights)});
    }
    builder.output(builder.add("Flatten", {builder.add("GlobalAveragePool", {x})}));
    ModelData data;
    data.members.emplace_back().graph = std::move(builder).build();
    data.members[0].preprocess = {.height = 2, .width = 2};
    const test::TempFolder folder;
    save_model(folder / "m.safetensors", data);

    const Model model = Model::load(folder / "m.safetensors");
    const auto file = ModelAccess::data(model)->mapping->bytes();
    const std::size_t loaded = test::resident_pages(file);
    Session session(model, {.threads = 1});
    const std::size_t compiled = test::resident_pages(file);
    const auto images = test::random_images(1, 2);
    const Prediction answer = session.classify(images[0], 5);
    const std::size_t run = test::resident_pages(file);
    // 32 MiB are 8,192 pages of 4 KiB; the header, borders between tensors and pages read ahead stay.
    CHECK(loaded < 200);
    CHECK(compiled < 200);
    CHECK(run < 200);

    // The bytes that were given back are still those that every other session reads.
    CHECK(Session(model, {.threads = 1}).classify(images[0], 5).prob == answer.prob);
    data.classes = 1024;
    const Model in_memory = ModelAccess::make(std::make_shared<ModelData>(std::move(data)));
    CHECK(Session(in_memory, {.threads = 1}).classify(images[0], 5).prob == answer.prob);
}

TEST_CASE("an image that cannot be prepared fails alone") {
    ModelData data = *ModelAccess::data(tiny());
    data.members[0].preprocess.resize = data.members[0].preprocess.crop = 0;  // only 8x8 images fit now
    const Model model = ModelAccess::make(std::make_shared<ModelData>(std::move(data)));
    auto images = test::random_images(2, 8);
    images.insert(images.begin() + 1, test::random_images(1, 9)[0]);
    Session session(model, {.threads = 1, .max_batch = 3});
    const auto answers = session.classify(images, 1);
    CHECK(answers[0].error.empty());
    CHECK(answers[1].error.find("9x9") != std::string::npos);
    CHECK(answers[2].error.empty());
    CHECK_THROWS_AS(session.classify(images[1]), Error);
    CHECK(session.classify(std::vector<Image>{}).empty());
}

TEST_CASE("sessions in several threads share one model") {
    const Model model = tiny();
    const auto images = test::random_images(4, 12);
    Session session(model, {.threads = 1});
    std::vector<Prediction> expected;
    for (const Image& image : images) expected.push_back(session.classify(image));
    std::vector<std::thread> threads;
    std::vector<int> wrong(3, 0);
    for (int& count : wrong)
        threads.emplace_back([&] {
            Session own(model, {.threads = 1});
            for (int round = 0; round < 20; ++round)
                for (std::size_t i = 0; i < images.size(); ++i)
                    if (own.classify(images[i]).prob != expected[i].prob) ++count;
        });
    for (auto& thread : threads) thread.join();
    for (const int count : wrong) CHECK(count == 0);
}

TEST_CASE("options out of range are refused") {
    CHECK_THROWS_WITH_AS(Session(tiny(), {.threads = 1, .max_batch = 0}), doctest::Contains("batch"), Error);
    CHECK_THROWS_WITH_AS(Session(tiny(), {.threads = -1, .max_batch = 1}), doctest::Contains("threads"),
                         Error);
}
