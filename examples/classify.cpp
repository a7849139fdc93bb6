// classify IMAGE..: what is in images, by the model that the library carries in itself; for another one write
// Model::load("my.safetensors").
#include <dyce/dyce.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::fputs("usage: classify IMAGE..\n", stderr);
        return 2;
    }
    const dyce::Model model = dyce::Model::embedded();
    dyce::SessionOptions options;
    options.max_batch = 8;
    dyce::Session session(model, options);
    // Early exits are off until a configuration says otherwise: the cheapest of nearly full accuracy.
    if (model.configurations()) session.set_configuration(model.configurations()->at("balanced"));

    std::vector<dyce::Image> images;
    for (int i = 1; i < argc; ++i) images.push_back(dyce::Image::load(argv[i]));
    const std::vector<dyce::Prediction> answers = session.classify(images, 3);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const dyce::Prediction& answer = answers[i];
        if (!answer.error.empty()) {
            std::printf("%s: %s\n", argv[i + 1], answer.error.c_str());
            continue;
        }
        std::printf("%s: %s, %.0f %%, after %.1f million multiply-adds\n", argv[i + 1],
                    answer.label[0].c_str(), 100.0 * static_cast<double>(answer.prob[0]),
                    static_cast<double>(answer.macs) / 1e6);
    }
    return 0;
} catch (const dyce::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
