// The pictures of a folder, as dyce classify takes them.
#pragma once

#include <string>
#include <vector>

namespace dyce {

struct PictureFolder {
    std::vector<std::string> files;  ///< JPEG and PNG by their names, sorted bytewise
    /// What must be told: there is no such picture (and what there is instead), or pictures of other formats
    /// are left out. Empty otherwise.
    std::string complaint;
};

/// `recursive`: also below it. Throws Error{kIo} when it cannot be read.
PictureFolder list_pictures(const std::string& folder, bool recursive);

}  // namespace dyce
