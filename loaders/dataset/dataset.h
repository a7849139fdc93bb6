// Labelled images on disk, seen as a numbered sequence. Immutable once open; at() calls from several
// threads are fine. Images are read when they are asked for.
#pragma once

#include <dyce/image.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyce {

struct DatasetLimits {
    ImageLimits image;
    std::int64_t images = 5'000'000;
    std::size_t line_bytes = std::size_t{64} << 10;  ///< of a list
};

/// The classes that labels are checked against.
struct DatasetClasses {
    int count = 0;
    std::vector<std::string> names;  ///< empty when the classes have none
};

class Dataset {
public:
    virtual ~Dataset() = default;

    virtual std::int64_t size() const = 0;
    /// How image `i` is called in reports: its path as the list gives it or relative to the folder,
    /// "FILE#k" for record k of a file of many.
    virtual std::string name(std::int64_t i) const = 0;
    /// Class of image `i`, in 0 .. classes - 1.
    virtual int label(std::int64_t i) const = 0;
    /// Reads and decodes image `i`. Throws as Image::load() does.
    virtual Image image(std::int64_t i) const = 0;
};

/// Opens, by what `path` is:
///   - a `.csv` file, or a folder that holds `list.csv`: see read_list();
///   - a folder of class folders: see read_class_folders();
///   - a `.bin` file, or a folder of them: CIFAR-10 or CIFAR-100 records, see open_cifar();
///   - an `.npy` or `.npz` file of images: see open_arrays().
/// The order is the list's, else paths sorted bytewise. Opening reads no image.
/// Throws Error{kIo}, Error{kContent} naming file, line and what was expected, Error{kResource} over a limit,
/// Error{kUsage} when `path` is none of these.
std::unique_ptr<const Dataset> open_dataset(const std::string& path, const DatasetClasses& classes,
                                            const DatasetLimits& limits = {});

}  // namespace dyce
