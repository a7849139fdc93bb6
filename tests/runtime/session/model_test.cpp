// Covers embedded_model, model_access.
// Models from memory and from the library itself: the same as from a file.
#include "runtime/session/model_access.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/runtime/session/exit_model.h"
#include "tests/support/support.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

const std::string kFile = DYCE_SOURCE_DIR "/models/default.safetensors";

void check_same(const Model& a, const Model& b) {
    CHECK(a.digest() == b.digest());
    CHECK(a.preprocess_digest() == b.preprocess_digest());
    CHECK(a.labels() == b.labels());
    CHECK(a.macs() == b.macs());
    CHECK(a.sites() == b.sites());
    const Image image = Image::load(DYCE_SOURCE_DIR "/tools/demo/airplane.png");
    CHECK(Session(a, {.threads = 1}).classify(image).prob == Session(b, {.threads = 1}).classify(image).prob);
}

}  // namespace

TEST_CASE("model: from memory it is the model of the file, and outlives the bytes it was copied from") {
    const Model file = Model::load(kFile);
    std::string bytes = read_file(kFile);
    const Model copied = Model::load_memory(bytes.data(), bytes.size());
    const auto shared = std::make_shared<const std::string>(bytes);
    const Model borrowed = Model::load_borrowed(shared->data(), shared->size(), shared);
    CHECK(shared.use_count() > 1);  // the model keeps it
    const Model unowned = Model::load_borrowed(shared->data(), shared->size(), nullptr);
    bytes.assign(bytes.size(), 'x');
    for (const Model& model : {copied, borrowed, unowned}) check_same(model, file);
}

TEST_CASE("model: borrowed bytes are used where they lie, and let go with the last that needs them") {
    const std::string bytes = read_file(kFile);
    // Aligned as a mapped file: weights begin at a multiple of 64 in it.
    auto block = std::make_shared<Tensor>(DataType::kUint8, Shape{static_cast<std::int64_t>(bytes.size())});
    std::copy(bytes.begin(), bytes.end(), block->mutable_data<char>());
    const void* begin = block->bytes();
    const std::weak_ptr<Tensor> watched = block;
    {
        const Model model = Model::load_borrowed(begin, bytes.size(), std::move(block));
        const auto* first = static_cast<const char*>(begin);
        std::size_t inside = 0;
        for (const Value& value : ModelAccess::data(model)->last().graph.values)
            if (value.constant && value.constant->bytes() >= first &&
                value.constant->bytes() < first + bytes.size())
                ++inside;
        CHECK(inside > 10);
        CHECK_FALSE(watched.expired());
    }
    CHECK(watched.expired());
}

TEST_CASE("model: what is wrong in memory is told under the name it was given") {
    const std::string bytes = read_file(kFile);
    for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() - 1}) {
        CHECK_THROWS_WITH_AS(Model::load_memory(bytes.data(), size, "attachment"),
                             doctest::Contains("attachment"), Error);
        CHECK_THROWS_WITH_AS(Model::load_borrowed(bytes.data(), size, nullptr, "attachment"),
                             doctest::Contains("attachment"), Error);
    }
}

TEST_CASE("model: the embedded one is the file in models, with its set") {
    const Model embedded = Model::embedded();
    check_same(embedded, Model::load(kFile));
    REQUIRE(embedded.configurations());
    CHECK(embedded.configurations()->text() == Model::load(kFile).configurations()->text());
    CHECK(embedded.sites() > embedded.configurations()->at("fastest").exits.at(0).site);
    Session session(embedded, embedded.configurations()->at("balanced"), {.threads = 1});
    CHECK(session.classify(Image::load(DYCE_SOURCE_DIR "/tools/demo/ship.png")).label.at(0) == "ship");
}

TEST_CASE("model: sites are all places to exit but the last; without a set there is none") {
    CHECK(exit_model().sites() == 4);
    CHECK_FALSE(exit_model().configurations());
    ModelData tiny = tiny_model();
    CHECK(ModelAccess::make(std::make_shared<ModelData>(std::move(tiny))).sites() == 0);
}
