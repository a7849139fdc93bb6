// The folders of fixtures: one of each release that wrote something in bytes of its own.
#pragma once

#include "tests/compat/answers.h"
#include "tests/support/support.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dyce::compat {

struct Release {
    std::filesystem::path folder;
    nlohmann::json expected;  ///< what that release read from its files

    std::string operator/(const std::string& name) const { return (folder / name).string(); }
    bool is_of_this_platform() const { return expected["platform"] == platform(); }
};

/// All of them, by their names.
inline std::vector<Release> releases() {
    std::vector<Release> found;
    for (const auto& entry : std::filesystem::directory_iterator(DYCE_SOURCE_DIR "/tests/compat"))
        if (std::filesystem::exists(entry.path() / "expected.json"))
            found.push_back({entry.path(), nlohmann::json::parse(
                                               test::read_file((entry.path() / "expected.json").string()))});
    std::sort(found.begin(), found.end(),
              [](const Release& a, const Release& b) { return a.folder < b.folder; });
    return found;
}

/// Release 0.1 wrote a file of every kind.
inline Release first() { return releases().front(); }

/// The images that every release answers; with their list of labels.
inline std::string image_folder() { return first() / "images"; }

inline std::vector<Image> images() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(image_folder()))
        if (entry.path().extension() == ".png") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Image> loaded;
    for (const auto& path : paths) loaded.push_back(Image::load(path.string()));
    return loaded;
}

}  // namespace dyce::compat
