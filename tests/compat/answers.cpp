// Prints what a model answers on reference kernels, as JSON: for make_fixtures.py, which has it compiled against
// the release that makes the fixtures.
//   answers MODEL SET|- IMAGE...      under every configuration of SET, and with exits off
#include "tests/compat/answers.h"

#include <exception>
#include <iostream>

namespace {

void print(const std::string& name, const std::vector<std::string>& lines) {
    std::cout << "\"" << name << "\": [";
    for (std::size_t i = 0; i < lines.size(); ++i) std::cout << (i > 0 ? ", " : "") << '"' << lines[i] << '"';
    std::cout << "]";
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 4) {
        std::cerr << "usage: " << argv[0] << " MODEL SET|- IMAGE...\n";
        return 2;
    }
    dyce::Session session(dyce::Model::load(argv[1]), dyce::compat::reference_options());
    std::vector<dyce::Image> images;
    for (int i = 3; i < argc; ++i) images.push_back(dyce::Image::load(argv[i]));
    std::cout << "{\"platform\": \"" << dyce::compat::platform() << "\", \"answers\": {";
    print("off", dyce::compat::answers(session, dyce::Configuration(), images));
    if (std::string(argv[2]) != "-") {
        const auto set = dyce::ConfigurationSet::load(argv[2]);
        for (const dyce::Configuration& configuration : set.contents().configurations) {
            std::cout << ", ";
            print(configuration.name, dyce::compat::answers(session, configuration, images));
        }
    }
    std::cout << "}}\n";
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
