// classify MODEL PICTURE: prints the surest class and its probability.
#include <dyce/dyce.h>

#include <cstdio>
#include <string_view>

static_assert(std::string_view(dyce::kVersion) == FOUND_VERSION, "the header is of the package's version");

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: classify MODEL PICTURE\n", stderr);
        return 2;
    }
    try {
        dyce::Session session(dyce::Model::load(argv[1]));
        const dyce::Prediction answer = session.classify(dyce::Image::load(argv[2]));
        std::printf("%s %.4f\n", answer.label.at(0).c_str(), static_cast<double>(answer.prob.at(0)));
    } catch (const dyce::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return static_cast<int>(error.code());
    }
}
