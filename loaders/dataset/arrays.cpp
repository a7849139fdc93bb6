#include "loaders/dataset/arrays.h"

#include "loaders/format/npy.h"
#include "loaders/npz/npz.h"

#include <dyce/error.h>

#include <filesystem>
#include <functional>

namespace dyce {
namespace {

// An array, how messages call it, and what it is before it is read.
struct NamedArray {
    std::string name;
    TensorType type;
    std::function<Tensor()> read;

    std::string text() const { return std::string(name_of(type.dtype)) + " " + type.shape.to_string(); }
};

void check_images(const NamedArray& images, const DatasetLimits& limits) {
    const Shape& shape = images.type.shape;
    const auto fail = [&](const std::string& expected) {
        throw Error(ErrorCode::kContent, images.name, images.text() + ", expected " + expected);
    };
    if (images.type.dtype != DataType::kUint8)
        fail("uint8 images with values 0..255; from floats in 0..1: (x * 255).round().astype('uint8')");
    if (shape.rank() != 4 || shape[3] != 3)
        fail(shape.rank() == 4 && shape[1] == 3 ? "count x height x width x 3: transpose(0, 2, 3, 1)"
                                                : "count x height x width x 3");
    if (shape.elements() == 0) fail("at least one pixel");
    if (shape[0] > limits.images || shape[1] > limits.image.side || shape[2] > limits.image.side ||
        shape[1] * shape[2] > limits.image.pixels)
        throw Error(ErrorCode::kResource, images.name, shape.to_string() + " is over a limit");
}

std::int64_t integer(const Tensor& values, std::int64_t i) {
    switch (values.dtype()) {
        case DataType::kInt64: return values.data<std::int64_t>()[i];
        case DataType::kInt32: return values.data<std::int32_t>()[i];
        default: return values.data<std::uint8_t>()[i];
    }
}

std::vector<std::int32_t> read_labels(const NamedArray& labels, std::int64_t count, int classes) {
    const auto& [type, shape] = labels.type;
    const bool integers = type == DataType::kInt64 || type == DataType::kInt32 || type == DataType::kUint8;
    const bool column = shape.rank() == 1 || (shape.rank() == 2 && shape[1] == 1);
    if (!integers || !column || shape[0] != count)
        throw Error(ErrorCode::kContent, labels.name,
                    labels.text() + ", expected " + std::to_string(count) + " integer labels, one an image");
    const Tensor values = labels.read();
    std::vector<std::int32_t> result;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t label = integer(values, i);
        if (label < 0 || label >= classes)
            throw Error(ErrorCode::kContent, labels.name,
                        "label " + std::to_string(i) + " is " + std::to_string(label) + ", expected 0.." +
                            std::to_string(classes - 1));
        result.push_back(static_cast<std::int32_t>(label));
    }
    return result;
}

class ArrayImages : public Dataset {
public:
    ArrayImages(std::string name, Tensor images, std::vector<std::int32_t> labels)
        : name_(std::move(name)), images_(std::move(images)), labels_(std::move(labels)) {}

    std::int64_t size() const override { return images_.shape()[0]; }
    std::string name(std::int64_t i) const override { return name_ + "#" + std::to_string(i); }
    int label(std::int64_t i) const override { return labels_[static_cast<std::size_t>(i)]; }
    Image image(std::int64_t i) const override {
        const std::int64_t height = images_.shape()[1];
        const std::int64_t width = images_.shape()[2];
        return Image::from_rgb(static_cast<int>(width), static_cast<int>(height),
                               images_.data<std::uint8_t>() + i * height * width * 3);
    }

private:
    std::string name_;
    Tensor images_;
    std::vector<std::int32_t> labels_;
};

}  // namespace

std::unique_ptr<const Dataset> open_arrays(const std::string& path, const DatasetClasses& classes,
                                           const DatasetLimits& limits) {
    const std::filesystem::path file(path);
    std::unique_ptr<const NpzReader> archive;
    NamedArray images, labels;
    if (file.extension() == ".npz") {
        archive = std::make_unique<const NpzReader>(path);
        const auto member = [&](const std::string& name) -> NamedArray {
            return {path + ": " + name, archive->type(name),
                    [&archive, name] { return archive->read(name); }};
        };
        images = member("images");
        labels = member("labels");
    } else {
        const auto array = [](const std::string& name) -> NamedArray {
            return {name, npy_type(name), [name] { return read_npy(name); }};
        };
        images = array(path);
        labels = array((file.parent_path() / file.stem()).string() + "_labels.npy");
    }
    check_images(images, limits);
    auto checked = read_labels(labels, images.type.shape[0], classes.count);
    // Images may be large: they are read when all else is right.
    return std::make_unique<ArrayImages>(file.filename().string(), images.read(), std::move(checked));
}

}  // namespace dyce
