// api MODEL IMAGE: each thing that can be given to dyce and asked of it, in C++17, with the installed headers
// only. The model's logits are four times the means of red, green and blue; the image has 0.2, 0 and 1.
#include <dyce/dyce.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

namespace {

int wrong = 0;

void check(bool is_right, const char* what) {
    if (is_right) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    ++wrong;
}

bool is_blue(const dyce::Prediction& answer) {
    const double expected[] = {0.8, 0, 4};
    bool is_right = answer.error.empty() && answer.label.at(0) == "blue" && answer.logits.size() == 3;
    for (std::size_t c = 0; is_right && c < 3; ++c)
        is_right = std::fabs(answer.logits[c] - expected[c]) < 1e-4;
    return is_right;
}

std::string bytes_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class Call>
bool throws(dyce::ErrorCode code, const Call& call) {
    try {
        call();
    } catch (const dyce::Error& error) {
        return error.code() == code;
    }
    return false;
}

dyce::Tensor prepared(const dyce::Shape& shape) {
    dyce::Tensor tensor(dyce::DataType::kFloat32, shape);
    const float values[] = {0.2f, 0, 1};
    for (int i = 0; i < 192; ++i) tensor.mutable_data<float>()[i] = values[i / 64];
    return tensor;
}

// 8 x 8 pixels in rows of 25 bytes.
dyce::Image pixels(dyce::PixelFormat format) {
    const bool is_grey = format == dyce::PixelFormat::kGrey;
    std::vector<std::uint8_t> bytes(8 * 25, 77);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x) {
            std::uint8_t* pixel = &bytes[static_cast<std::size_t>(25 * y + (is_grey ? 1 : 3) * x)];
            pixel[0] = format == dyce::PixelFormat::kBgr ? 255 : 51;
            if (is_grey) continue;
            pixel[1] = 0;
            pixel[2] = format == dyce::PixelFormat::kBgr ? 51 : 255;
        }
    return dyce::Image::from_pixels(8, 8, bytes.data(), 25, format);
}

void try_samples(dyce::Session& session, const dyce::Image& image, const std::string& file) {
    dyce::ClassifyOptions options;
    options.logits = true;
    const dyce::EncodedImage encoded(file.data(), file.size());
    for (const dyce::Sample& sample :
         {dyce::Sample(image), dyce::Sample(encoded), dyce::Sample(prepared({3, 8, 8})),
          dyce::Sample(prepared({1, 3, 8, 8})), dyce::Sample("image", image)})
        check(is_blue(session.classify(sample, options)), "a sample's answer");
    check(is_blue(session.classify(pixels(dyce::PixelFormat::kRgb), options)), "RGB with a stride");
    check(is_blue(session.classify(pixels(dyce::PixelFormat::kBgr), options)), "BGR");
    const auto grey = session.classify(pixels(dyce::PixelFormat::kGrey), options).logits;
    check(std::fabs(grey.at(0) - 0.8) < 1e-4 && std::fabs(grey.at(1) - 0.8) < 1e-4, "grey");
    check(session.classify(std::vector<dyce::Sample>{image, encoded}).size() == 2, "a list of samples");
    check(session.classify({image, image}, 2).at(1).index.size() == 2, "a list of images");
    check(throws(dyce::ErrorCode::kUsage,
                 [&] { session.classify(dyce::Sample(image).set("text", dyce::Text{"blue"})); }),
          "an input that the model does not have");
}

void try_models(const char* path, const std::string& file, const dyce::Image& image) {
    const dyce::Model model = dyce::Model::load(path);
    check(dyce::Model::load_memory(file.data(), file.size()).digest() == model.digest(),
          "a model from memory");
    check(dyce::Model::load_borrowed(file.data(), file.size(), nullptr).digest() == model.digest(),
          "a model in borrowed memory");
    check(!model.configurations() && model.sites() == 0, "a model without exits");
    const dyce::Model embedded = dyce::Model::embedded();
    check(embedded.configurations().has_value(), "the embedded model's set");
    dyce::EngineOptions options;
    options.threads = 1;
    options.tune = "throughput";
    dyce::Session session(embedded, embedded.configurations()->at("fastest"), options);
    check(session.classify(image).exit_site <= embedded.sites(), "the embedded model's answer");
    options.features = {embedded.configurations()->at("fastest").exits.front().site};
    const auto features = dyce::Session(embedded, options).classify(image).features;
    check(features.size() == 1 && features[0].site == options.features[0] && !features[0].values.empty(),
          "features of a site");
    options.plan = "latency";
    check(throws(dyce::ErrorCode::kUsage, [&] { dyce::Session(embedded, options); }),
          "two words for one thing");
}

void try_requests(const dyce::Model& model, const dyce::Image& image) {
    dyce::SchedulerOptions options;
    options.engine.threads = 1;
    dyce::Scheduler scheduler(model, options);
    dyce::ClassifyOptions wanted;
    wanted.logits = true;
    check(is_blue(scheduler.submit(image, wanted).get()), "a future");
    std::promise<dyce::Reply> told;
    scheduler.submit(image, wanted, [&](dyce::Reply reply) { told.set_value(std::move(reply)); });
    const dyce::Reply reply = told.get_future().get();
    check(std::holds_alternative<dyce::Prediction>(reply) && is_blue(std::get<dyce::Prediction>(reply)),
          "a completion");
    wanted.cancel = dyce::CancelToken();
    wanted.cancel->cancel();
    check(throws(dyce::ErrorCode::kCancelled, [&] { scheduler.submit(image, wanted).get(); }),
          "a cancelled request");
    dyce::Session session(model);
    check(throws(dyce::ErrorCode::kCancelled, [&] { session.classify(image, wanted); }), "a cancelled call");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        const dyce::Model model = dyce::Model::load(argv[1]);
        const dyce::Image image = dyce::Image::load(argv[2]);
        dyce::SessionOptions options;
        options.max_batch = 4;
        dyce::Session session(model, options);
        try_samples(session, image, bytes_of(argv[2]));
        try_models(argv[1], bytes_of(argv[1]), image);
        try_requests(model, image);
    } catch (const dyce::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    std::puts(wrong == 0 ? "all as documented" : "not as documented");
    return wrong == 0 ? 0 : 1;
}
