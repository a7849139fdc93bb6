#include "loaders/dataset/dataset.h"

#include "loaders/dataset/arrays.h"
#include "loaders/dataset/cifar.h"
#include "loaders/dataset/class_folders.h"
#include "loaders/dataset/list_csv.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

namespace dyce {
namespace {

namespace fs = std::filesystem;

// The record files of a folder, sorted. Training and test records must not be mixed by accident.
std::vector<std::string> record_files(const std::string& folder) {
    std::vector<std::string> files;
    bool tests = false;
    bool others = false;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".bin") continue;
        files.push_back(entry.path().string());
        const bool test = entry.path().filename().string().find("test") != std::string::npos;
        (test ? tests : others) = true;
    }
    if (tests && others)
        throw Error(ErrorCode::kContent, folder,
                    "holds training and test records: name one .bin file, or a folder with one kind only");
    std::sort(files.begin(), files.end());
    return files;
}

std::unique_ptr<const Dataset> open_folder(const std::string& path, const DatasetClasses& classes,
                                           const DatasetLimits& limits) {
    const fs::path list = fs::path(path) / "list.csv";
    if (fs::exists(list)) return read_list(list.string(), classes, limits);
    if (const auto folders = class_folders(path); !folders.empty())
        return read_class_folders(path, folders, classes, limits);
    if (const auto files = record_files(path); !files.empty()) return open_cifar(files, classes, limits);
    throw Error(ErrorCode::kContent, path, "no list.csv, no class folders and no .bin records in it");
}

}  // namespace

std::unique_ptr<const Dataset> open_dataset(const std::string& path, const DatasetClasses& classes,
                                            const DatasetLimits& limits) {
    try {
        if (fs::is_directory(path)) return open_folder(path, classes, limits);
        const std::string ending = fs::path(path).extension().string();
        if (ending == ".csv") return read_list(path, classes, limits);
        if (ending == ".bin") return open_cifar({path}, classes, limits);
        if (ending == ".npy" || ending == ".npz") return open_arrays(path, classes, limits);
        if (!fs::exists(path)) throw Error(ErrorCode::kIo, path, "no such file or folder");
    } catch (const fs::filesystem_error& error) {
        throw Error(ErrorCode::kIo, path, error.code().message() + " (" + error.path1().string() + ")");
    }
    throw Error(ErrorCode::kUsage, path, "not a dataset: expected a folder, .csv, .bin, .npy or .npz");
}

}  // namespace dyce
