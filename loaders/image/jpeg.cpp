#include "loaders/image/jpeg.h"

#include "loaders/image/byte_reader.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <vector>

namespace dyce {
namespace {

// A few bytes can ask for any number of passes over an image, so what the decoder must do is added up first:
// coefficients visited, under 3 ns each. An ordinary progressive file of 50 million pixels needs 400 million.
constexpr std::int64_t kMaxWork = 500'000'000;
constexpr std::int64_t kWorkOfBlock = 4;    // on top of its coefficients
constexpr std::int64_t kWorkOfTable = 512;  // the decoder expands a Huffman table to so many entries

enum Marker {
    kBaseline = 0xc0,
    kExtended = 0xc1,
    kProgressive = 0xc2,
    kHuffmanTables = 0xc4,
    kFirstRestart = 0xd0,
    kLastRestart = 0xd7,
    kStartOfImage = 0xd8,
    kEndOfImage = 0xd9,
    kScan = 0xda,
    kQuantizationTables = 0xdb,
    kNumberOfLines = 0xdc,
    kRestartInterval = 0xdd,
    kFirstApplication = 0xe0,
    kAdobe = 0xee,
    kLastApplication = 0xef,
    kComment = 0xfe,
};

struct Component {
    int id = 0;
    int horizontal = 1;  // sampling factors
    int vertical = 1;
    unsigned quantization = 0;
    bool started = false;  // a scan has coded its mean values
};

constexpr bool is_restart(int marker) { return marker >= kFirstRestart && marker <= kLastRestart; }
constexpr bool is_ignored(int marker) {
    return (marker >= kFirstApplication && marker <= kLastApplication) || marker == kComment;
}

const char* unsupported_frame(int marker) {
    switch (marker) {
        case 0xc3:
        case 0xc7:
        case 0xcb:
        case 0xcf: return "lossless";
        case 0xc5:
        case 0xc6:
        case 0xcd:
        case 0xce:
        case 0xde: return "hierarchical";
        case 0xc9:
        case 0xca:
        case 0xcc: return "arithmetic-coded";
        default: return nullptr;
    }
}

constexpr int divide_up(int a, int b) { return (a + b - 1) / b; }

class JpegCheck {
public:
    JpegCheck(std::span<const std::uint8_t> file, const std::string& name, const ImageLimits& limits)
        : reader_(file, name), limits_(limits) {}

    ImageSize run() {
        reader_.take(2);  // SOI: what made the caller call this a JPEG
        for (int marker = next_marker(); marker != kEndOfImage; marker = next_marker()) segment(marker);
        if (components_.empty()) reader_.fail("JPEG without a frame header");
        for (const Component& component : components_)
            if (!component.started)
                reader_.fail("JPEG component " + std::to_string(component.id) + " is in no scan");
        if (components_.size() == 4 && !cmyk_or_ycck_)
            reader_.fail("JPEG of 4 components without Adobe's marker: its colours are unknown");
        return size_;
    }

    std::vector<std::uint8_t> without_stray_bytes(std::span<const std::uint8_t> file) const {
        std::vector<std::uint8_t> clean;
        if (stray_.empty()) return clean;
        std::size_t at = 0;
        const auto copy_to = [&](std::size_t end) {
            clean.insert(clean.end(), file.begin() + static_cast<std::ptrdiff_t>(at),
                         file.begin() + static_cast<std::ptrdiff_t>(end));
        };
        for (const Range& range : stray_) copy_to(range.begin), at = range.begin + range.count;
        copy_to(file.size());
        return clean;
    }

private:
    int next_marker() {
        const std::size_t begin = reader_.position();
        std::size_t at = begin;
        int marker = 0;
        while (marker == 0) {  // a 0 makes the 0xff before it data
            do at = reader_.position();
            while (reader_.u8() != 0xff);
            marker = 0xff;
            while (marker == 0xff) marker = reader_.u8();  // any number of fill bytes
        }
        if (at > begin) stray_.push_back({begin, at - begin});
        return marker;
    }

    void segment(int marker) {
        if (const char* kind = unsupported_frame(marker))
            reader_.fail(std::string(kind) + " JPEG is not supported, only baseline and progressive");
        if (marker < kBaseline || is_restart(marker) || marker == kStartOfImage)
            reader_.fail("unexpected JPEG marker");
        const std::size_t length = reader_.u16();
        if (length < 2) reader_.fail("JPEG segment of length " + std::to_string(length));
        ByteReader content = reader_.part(length - 2);
        switch (marker) {
            case kBaseline:
            case kExtended:
            case kProgressive: frame(content, marker == kProgressive); break;
            case kHuffmanTables: huffman_tables(content); break;
            case kQuantizationTables: quantization_tables(content); break;
            case kRestartInterval: restart_interval_ = content.u16(); break;
            case kScan: scan(content); break;
            case kNumberOfLines: return;  // the decoder compares it with the frame header
            case kAdobe: adobe_marker(content); return;
            default:
                if (!is_ignored(marker)) reader_.fail("unexpected JPEG marker");
                return;
        }
        if (content.left() != 0) content.fail("bytes left over in a JPEG segment");
    }

    void frame(ByteReader& content, bool progressive) {
        if (!components_.empty()) content.fail("second JPEG frame header");
        progressive_ = progressive;
        const int precision = content.u8();
        if (precision != 8)
            content.fail(std::to_string(precision) + "-bit JPEG is not supported, only 8-bit");
        const std::uint32_t height = content.u16();
        const std::uint32_t width = content.u16();
        size_ = checked_size(width, height, limits_, content.name());
        const int count = content.u8();
        if (count != 1 && count != 3 && count != 4)
            content.fail("JPEG of " + std::to_string(count) + " components, expected 1, 3 or 4");
        for (int i = 0; i < count; ++i) components_.push_back(component(content));
    }

    Component component(ByteReader& content) {
        Component c;
        c.id = content.u8();
        const int sampling = content.u8();
        c.horizontal = sampling >> 4;
        c.vertical = sampling & 15;
        c.quantization = content.u8();
        if (c.horizontal < 1 || c.horizontal > 4 || c.vertical < 1 || c.vertical > 4)
            content.fail("JPEG sampling factors outside 1..4");
        if (c.quantization > 3) content.fail("JPEG quantization table number over 3");
        max_horizontal_ = std::max(max_horizontal_, c.horizontal);
        max_vertical_ = std::max(max_vertical_, c.vertical);
        blocks_per_group_ += c.horizontal * c.vertical;
        return c;
    }

    void huffman_tables(ByteReader& content) {
        while (content.left() > 0) {
            const unsigned kind = content.u8();
            if (kind >> 4 > 1 || (kind & 15) > 3) content.fail("JPEG Huffman table number out of range");
            std::size_t codes = 0;
            int free = 1;  // codes of a length that begin with no shorter one
            bool fits = true;
            for (const std::uint8_t count : content.take(16)) {
                codes += count;
                free = 2 * free - count;
                fits = fits && free >= 0;
            }
            if (codes > 256) content.fail("JPEG Huffman table of " + std::to_string(codes) + " codes");
            if (!fits) content.fail("JPEG Huffman table with bad code lengths");
            content.take(codes);
            spend(kWorkOfTable);
            (kind >> 4 == 0 ? dc_tables_ : ac_tables_).set(kind & 15);
        }
    }

    void quantization_tables(ByteReader& content) {
        while (content.left() > 0) {
            const unsigned kind = content.u8();
            if (kind >> 4 > 1 || (kind & 15) > 3) content.fail("JPEG quantization table number out of range");
            content.take(kind >> 4 == 0 ? 64 : 128);
            quantization_tables_.set(kind & 15);
        }
    }

    void adobe_marker(ByteReader& content) {
        if (content.left() < 12 || std::memcmp(content.take(5).data(), "Adobe", 5) != 0) return;
        content.take(6);  // version and flags
        const int transform = content.u8();
        cmyk_or_ycck_ = transform == 0 || transform == 2;
    }

    void scan(ByteReader& content) {
        if (components_.empty()) content.fail("JPEG scan before the frame header");
        const int count = content.u8();
        if (count < 1 || count > static_cast<int>(components_.size()))
            content.fail("JPEG scan of " + std::to_string(count) + " components");
        const auto choices = content.take(2 * static_cast<std::size_t>(count));
        const int first = content.u8();
        const int last = content.u8();
        const int approximation = content.u8();
        const bool refines = progressive_ && approximation >> 4 != 0;
        const bool starts = (!progressive_ || first == 0) && !refines;
        const bool has_ac = !progressive_ || first > 0;
        for (std::size_t i = 0; i < choices.size(); i += 2) {
            Component& component = component_of(choices[i], content);
            if (component.started == starts)
                content.fail(starts ? "JPEG component is coded twice"
                                    : "JPEG scan refines what no scan has coded");
            component.started = true;
            const unsigned tables = choices[i + 1];
            if ((starts && !dc_tables_.test(tables >> 4 & 3)) || (has_ac && !ac_tables_.test(tables & 3)) ||
                !quantization_tables_.test(component.quantization))
                content.fail("JPEG scan uses a table that is not defined");
        }
        const int visited = !progressive_ ? 64 : has_ac ? std::max(1, last - first + 1) : 1;
        const std::int64_t units = count == 1 ? blocks(component_of(choices[0], content)) : grouped_units();
        spend((count == 1 ? units : units * blocks_per_group_) * (visited + kWorkOfBlock));
        skip_entropy_coded(units);
    }

    Component& component_of(int id, const ByteReader& content) {
        for (Component& component : components_)
            if (component.id == id) return component;
        content.fail("JPEG scan of component " + std::to_string(id) +
                     ", which the frame header does not have");
    }

    // A scan of one component counts its blocks of 8x8, a scan of several groups of them.
    std::int64_t blocks(const Component& c) const {
        return std::int64_t{divide_up(divide_up(size_.width * c.horizontal, max_horizontal_), 8)} *
               divide_up(divide_up(size_.height * c.vertical, max_vertical_), 8);
    }
    std::int64_t grouped_units() const {
        return std::int64_t{divide_up(size_.width, 8 * max_horizontal_)} *
               divide_up(size_.height, 8 * max_vertical_);
    }

    void spend(std::int64_t work) {
        work_ += work;
        if (work_ > kMaxWork)
            throw Error(ErrorCode::kResource, reader_.name(),
                        "JPEG asks for more work than any image within the limits needs (too many scans)");
    }

    void skip_entropy_coded(std::int64_t units) {
        std::int64_t restarts = 0;
        for (;;) {
            const auto rest = reader_.rest();
            const auto ff = std::find(rest.begin(), rest.end(), std::uint8_t{0xff});
            if (rest.end() - ff < 2) reader_.fail("cut short inside a JPEG scan");
            const int next = ff[1];
            if (next != 0 && next != 0xff && !is_restart(next)) {
                reader_.take(static_cast<std::size_t>(ff - rest.begin()));
                break;
            }
            restarts += is_restart(next);
            reader_.take(static_cast<std::size_t>(ff - rest.begin()) + (next == 0xff ? 1 : 2));
        }
        if (restart_interval_ == 0) {
            if (restarts != 0) reader_.fail("JPEG restart marker in a scan without a restart interval");
            return;
        }
        // Some encoders write one more behind the last unit.
        const std::int64_t expected = (units - 1) / restart_interval_;
        if (restarts != expected && restarts != expected + 1)
            reader_.fail("JPEG scan with " + std::to_string(restarts) +
                         " restart markers, its size asks for " + std::to_string(expected));
    }

    struct Range {
        std::size_t begin, count;
    };

    ByteReader reader_;
    std::vector<Range> stray_;  // bytes between segments that belong to none
    const ImageLimits& limits_;
    ImageSize size_;
    std::vector<Component> components_;
    int max_horizontal_ = 1;
    int max_vertical_ = 1;
    bool progressive_ = false;
    bool cmyk_or_ycck_ = false;
    std::bitset<4> dc_tables_, ac_tables_, quantization_tables_;
    int restart_interval_ = 0;
    std::int64_t blocks_per_group_ = 0;
    std::int64_t work_ = 0;
};

}  // namespace

ImageSize check_jpeg(std::span<const std::uint8_t> file, const std::string& name, const ImageLimits& limits,
                     std::vector<std::uint8_t>& clean) {
    JpegCheck check(file, name, limits);
    const ImageSize size = check.run();
    clean = check.without_stray_bytes(file);
    return size;
}

}  // namespace dyce
