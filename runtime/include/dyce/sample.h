// What is classified: the named inputs of a network. Values; copies share pixels, bytes and numbers, which
// never change. An input is decoded and prepared when the first stage that reads it runs.
#pragma once

#include <dyce/export.h>
#include <dyce/image.h>
#include <dyce/tensor.h>

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace dyce {

/// A JPEG, PNG or WebP file in memory that is not decoded yet.
class DYCE_API EncodedImage {
public:
    /// Copies `size` bytes; `name` is used in error messages. What they hold is looked at by decode() only.
    EncodedImage(const void* bytes, std::size_t size, std::string name = "image",
                 const ImageLimits& limits = {});

    /// As Image::decode().
    Image decode() const;

private:
    std::shared_ptr<const std::string> bytes_;
    std::string name_;
    ImageLimits limits_;
};

/// UTF-8 text. No model of this release reads it: a sample that holds one is refused with Error{kUsage}.
struct Text {
    std::string utf8;
};

/// Today's models have one input, called "image" whatever its name in the graph. It takes
///   an Image        prepared by the model's recipe (resize, crop, normalisation);
///   an EncodedImage decoded, then the same;
///   a Tensor        preprocessed already: float32, channels x height x width as Model::input_shape() says,
///                   or 1 x that. Values must be finite. Refused by cascades whose members prepare images
///                   differently.
class DYCE_API Sample {
public:
    using Value = std::variant<Image, EncodedImage, Tensor, Text>;
    struct Input {
        std::string name;
        Value value;
    };

    /// One input, with further ones by set().
    Sample(std::string name, Value value);
    /// One input called "image".
    Sample(Image image);         // NOLINT: implicit, so that whoever takes samples takes images
    Sample(EncodedImage image);  // NOLINT
    Sample(Tensor prepared);     // NOLINT

    /// Adds an input, and gives the sample. Throws Error{kUsage} when there is one of that name already.
    Sample& set(std::string name, Value value);

    /// In the order in which they were added.
    const std::vector<Input>& inputs() const noexcept { return inputs_; }

private:
    std::vector<Input> inputs_;
};

}  // namespace dyce
