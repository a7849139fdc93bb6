// In the place of webp.cpp where libwebp is left out.
#include "loaders/image/webp.h"

namespace dyce {

bool reads_webp() { return false; }

DecodedImage decode_webp(std::span<const std::uint8_t>, const std::string& name, const ImageLimits&) {
    throw Error(
        ErrorCode::kContent, name,
        "not a JPEG or PNG image: it is a WebP image, which this build of dyce does not read; install "
        "libwebp-dev and build with -DDYCE_WEBP=ON, or convert the image");
}

}  // namespace dyce
