#include <dyce/sample.h>

#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <utility>

namespace dyce {
namespace {

constexpr const char* kImageInput = "image";

}  // namespace

EncodedImage::EncodedImage(const void* bytes, std::size_t size, std::string name, const ImageLimits& limits)
    : bytes_(size == 0 ? std::make_shared<const std::string>()
                       : std::make_shared<const std::string>(static_cast<const char*>(bytes), size)),
      name_(std::move(name)),
      limits_(limits) {}

Image EncodedImage::decode() const { return Image::decode(bytes_->data(), bytes_->size(), name_, limits_); }

Sample::Sample(std::string name, Value value) { set(std::move(name), std::move(value)); }
Sample::Sample(Image image) { set(kImageInput, std::move(image)); }
Sample::Sample(EncodedImage image) { set(kImageInput, std::move(image)); }
Sample::Sample(Tensor prepared) { set(kImageInput, std::move(prepared)); }

Sample& Sample::set(std::string name, Value value) {
    if (std::any_of(inputs_.begin(), inputs_.end(), [&](const Input& input) { return input.name == name; }))
        throw Error(ErrorCode::kUsage, "input " + in_quotes(name),
                    "is given twice, expected each input once");
    inputs_.push_back({std::move(name), std::move(value)});
    return *this;
}

}  // namespace dyce
