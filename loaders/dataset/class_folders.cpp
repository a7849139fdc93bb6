#include "loaders/dataset/class_folders.h"

#include "loaders/dataset/image_files.h"
#include "loaders/dataset/image_names.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace dyce {
namespace {

namespace fs = std::filesystem;

constexpr int kAmbiguous = -1;

std::unordered_map<std::string, int> index_by_name(const std::vector<std::string>& names) {
    std::unordered_map<std::string, int> index;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto [entry, is_new] = index.emplace(names[i], static_cast<int>(i));
        if (!is_new) entry->second = kAmbiguous;
    }
    return index;
}

std::optional<std::vector<int>> integers(const std::vector<std::string>& folders) {
    std::vector<int> values;
    for (const std::string& name : folders) {
        int value = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
        if (error != std::errc{} || end != name.data() + name.size() || value < 0) return std::nullopt;
        values.push_back(value);
    }
    return values;
}

}  // namespace

std::vector<int> assign_classes(const std::vector<std::string>& folders, const DatasetClasses& classes,
                                const std::string& where) {
    const auto fail = [&](const std::string& message) { throw Error(ErrorCode::kContent, where, message); };
    const auto index = index_by_name(classes.names);
    std::vector<int> labels;
    const std::string* stranger = nullptr;
    for (const std::string& name : folders) {
        const auto found = index.find(name);
        if (found == index.end()) {
            stranger = &name;
            continue;
        }
        if (found->second == kAmbiguous) fail("folder '" + name + "' is the name of more than one class");
        labels.push_back(found->second);
    }
    if (stranger == nullptr) return labels;

    if (auto values = integers(folders)) {
        for (std::size_t i = 0; i < folders.size(); ++i)
            if ((*values)[i] >= classes.count)
                fail("folder '" + folders[i] + "' is no class index, expected 0.." +
                     std::to_string(classes.count - 1));
        return *values;
    }
    if (!labels.empty())
        fail("folder '" + *stranger + "' is no class name of the model, though " +
             std::to_string(labels.size()) + " of the other folders are");
    if (folders.size() != static_cast<std::size_t>(classes.count))
        fail("cannot tell the classes of its " + std::to_string(folders.size()) + " folders (such as '" +
             folders.front() +
             "'): they are neither class names of the model nor class indices, and the model has " +
             std::to_string(classes.count) + " classes");
    labels.resize(folders.size());
    std::iota(labels.begin(), labels.end(), 0);
    return labels;
}

std::vector<std::string> class_folders(const std::string& path) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
        std::string name = entry.path().filename().string();
        if (name.front() != '.' && entry.is_directory()) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::unique_ptr<const Dataset> read_class_folders(const std::string& path,
                                                  const std::vector<std::string>& folders,
                                                  const DatasetClasses& classes,
                                                  const DatasetLimits& limits) {
    const std::vector<int> labels = assign_classes(folders, classes, path);
    // Sorted paths are not sorted folders: "a-b/" comes before "a/".
    std::vector<std::size_t> order(folders.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return folders[a] + '/' < folders[b] + '/'; });

    auto images = std::make_unique<ImageFiles>(path, limits);
    for (const std::size_t i : order) {
        std::vector<std::string> files;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(path) / folders[i]))
            if (is_image_name(entry.path()) && entry.is_regular_file())
                files.push_back(entry.path().string().substr(path.size() + (path.back() == '/' ? 0 : 1)));
        std::sort(files.begin(), files.end());
        for (const std::string& file : files) images->add(file, labels[i]);
    }
    if (images->size() == 0) throw Error(ErrorCode::kContent, path, "no images in its class folders");
    return images;
}

}  // namespace dyce
