// libwebp checks what it reads, but decodes whatever size a file asks for and takes a file that is cut short for
// one that is still being downloaded. So the container is taken apart first, without decoding.
#include "loaders/image/webp.h"

#include "runtime/core/aligned.h"

#include <webp/decode.h>
#include <webp/demux.h>
#include <algorithm>
#include <memory>

namespace dyce {
namespace {

constexpr std::size_t kRiffHeader = 8;  // "RIFF" and how many bytes follow, little-endian

[[noreturn]] void refuse_webp(const std::string& name, const std::string& message) {
    throw Error(ErrorCode::kContent, name, message);
}

void check_riff_size(std::span<const std::uint8_t> file, const std::string& name) {
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8 | file[4 + i];
    if (size > file.size() - kRiffHeader)
        refuse_webp(name, "WebP cut short, " + std::to_string(size + kRiffHeader - file.size()) +
                              " more bytes are expected");
}

// The parts of a WebP file, which must outlive it.
class WebpFile {
public:
    WebpFile(std::span<const std::uint8_t> file, const std::string& name) {
        const WebPData data{file.data(), file.size()};
        parts_.reset(WebPDemuxPartial(&data, &state_));
        if (parts_ == nullptr || state_ <= WEBP_DEMUX_PARSING_HEADER)
            refuse_webp(name, "broken WebP: its chunks are no image");
    }
    ~WebpFile() { WebPDemuxReleaseIterator(&frame_); }
    WebpFile(const WebpFile&) = delete;
    WebpFile& operator=(const WebpFile&) = delete;

    ImageSize canvas(const std::string& name, const ImageLimits& limits) const {
        return checked_size(WebPDemuxGetI(parts_.get(), WEBP_FF_CANVAS_WIDTH),
                            WebPDemuxGetI(parts_.get(), WEBP_FF_CANVAS_HEIGHT), limits, name);
    }

    const WebPIterator& first_frame(const std::string& name) {
        if (state_ != WEBP_DEMUX_DONE || WebPDemuxGetFrame(parts_.get(), 1, &frame_) == 0 ||
            frame_.complete == 0)
            refuse_webp(name, "broken WebP: it ends within an image, or holds none");
        return frame_;
    }

private:
    struct Delete {
        void operator()(WebPDemuxer* parts) const { WebPDemuxDelete(parts); }
    };
    WebPDemuxState state_ = WEBP_DEMUX_PARSE_ERROR;
    std::unique_ptr<WebPDemuxer, Delete> parts_;
    WebPIterator frame_{};
};

void decode_frame(const WebPIterator& frame, const ImageSize& canvas, std::uint8_t* rgb,
                  const std::string& name) {
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0)
        throw Error(ErrorCode::kInternal, name, "libwebp is another version than its headers");
    const std::size_t row = 3 * static_cast<std::size_t>(canvas.width);
    const std::size_t at =
        row * static_cast<std::size_t>(frame.y_offset) + 3 * static_cast<std::size_t>(frame.x_offset);
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {rgb + at, static_cast<int>(row),
                            row * static_cast<std::size_t>(canvas.height) - at};
    switch (WebPDecode(frame.fragment.bytes, frame.fragment.size, &config)) {
        case VP8_STATUS_OK: return;
        case VP8_STATUS_OUT_OF_MEMORY:
            throw Error(ErrorCode::kResource, name, "not enough memory for this image");
        case VP8_STATUS_SUSPENDED:
        case VP8_STATUS_NOT_ENOUGH_DATA: refuse_webp(name, "broken WebP: the pixel data ends too early");
        default: refuse_webp(name, "broken WebP: corrupt pixel data");
    }
}

}  // namespace

bool reads_webp() { return true; }

DecodedImage decode_webp(std::span<const std::uint8_t> file, const std::string& name,
                         const ImageLimits& limits) {
    check_riff_size(file, name);
    WebpFile webp(file, name);
    const ImageSize canvas = webp.canvas(name, limits);
    const WebPIterator& frame = webp.first_frame(name);
    const auto bytes = 3 * static_cast<std::size_t>(canvas.pixels());
    const auto block = allocate_aligned(bytes);
    auto* rgb = reinterpret_cast<std::uint8_t*>(block.get());
    if (frame.width < canvas.width || frame.height < canvas.height) std::fill_n(rgb, bytes, std::uint8_t{0});
    decode_frame(frame, canvas, rgb, name);
    return {canvas, {block, rgb}};
}

}  // namespace dyce
