// Folders named after classes, each holding that class's images. Pure function of the folder.
#pragma once

#include "loaders/dataset/dataset.h"

#include <memory>
#include <string>
#include <vector>

namespace dyce {

/// The class of each folder, by the first rule that fits all of them:
///   1. every name is one of the classes' names;
///   2. every name is an integer: the class index;
///   3. there are as many folders as classes: the position among the sorted names.
/// Throws Error{kContent} saying why none does. `where` is the folder that holds them.
std::vector<int> assign_classes(const std::vector<std::string>& folders, const DatasetClasses& classes,
                                const std::string& where);

/// Names of the folders inside `path`, sorted; hidden ones are left out.
/// Throws std::filesystem::filesystem_error.
std::vector<std::string> class_folders(const std::string& path);

/// All images (by their file name's end) in and below `folders`, paths sorted bytewise. Formats that cannot
/// be decoded are listed too: leaving them out silently would change what is measured.
/// Throws Error{kContent} when there are none, std::filesystem::filesystem_error.
std::unique_ptr<const Dataset> read_class_folders(const std::string& path,
                                                  const std::vector<std::string>& folders,
                                                  const DatasetClasses& classes, const DatasetLimits& limits);

}  // namespace dyce
