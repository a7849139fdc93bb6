// The images of a folder, as dyce classify takes them.
#pragma once

#include <string>
#include <vector>

namespace dyce {

struct ImageFolder {
    std::vector<std::string> files;  ///< images that are read, by their names, sorted bytewise
    /// What must be told: there is no such image (and what there is instead), or images of other formats
    /// are left out. Empty otherwise.
    std::string complaint;
};

/// `recursive`: also below it. Throws Error{kIo} when it cannot be read.
ImageFolder list_images(const std::string& folder, bool recursive);

}  // namespace dyce
