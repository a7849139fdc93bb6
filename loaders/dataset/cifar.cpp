#include "loaders/dataset/cifar.h"

#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

namespace dyce {
namespace {

constexpr std::size_t kSide = 32;
constexpr std::size_t kPlane = kSide * kSide;
constexpr std::size_t kPixels = 3 * kPlane;

// Bytes of one record: two labels come with a hundred classes.
std::size_t record_bytes(std::size_t file_bytes, int classes, const std::string& path) {
    const bool one_label = file_bytes % (1 + kPixels) == 0;
    const bool two_labels = file_bytes % (2 + kPixels) == 0;
    if (file_bytes == 0 || (!one_label && !two_labels))
        throw Error(ErrorCode::kContent, path,
                    std::to_string(file_bytes) + " bytes are no whole number of CIFAR records of " +
                        std::to_string(1 + kPixels) + " or " + std::to_string(2 + kPixels));
    if (one_label && two_labels) return classes > 10 ? 2 + kPixels : 1 + kPixels;
    return one_label ? 1 + kPixels : 2 + kPixels;
}

struct RecordFile {
    std::string name;
    std::shared_ptr<const FileMapping> mapping;
    std::size_t record_bytes;
    std::int64_t end;  // number of the first record behind this file

    std::int64_t count() const { return static_cast<std::int64_t>(mapping->bytes().size() / record_bytes); }
    // The label that counts, followed by the pixels.
    std::span<const std::byte> record(std::int64_t i) const {
        const std::size_t begin = (static_cast<std::size_t>(i) + 1) * record_bytes - kPixels - 1;
        return mapping->bytes().subspan(begin, kPixels + 1);
    }
};

class CifarRecords : public Dataset {
public:
    explicit CifarRecords(std::vector<RecordFile> files) : files_(std::move(files)) {}

    std::int64_t size() const override { return files_.back().end; }
    std::string name(std::int64_t i) const override {
        const RecordFile& file = file_of(i);
        return file.name + "#" + std::to_string(i - (file.end - file.count()));
    }
    int label(std::int64_t i) const override { return static_cast<int>(record(i)[0]); }
    Image image(std::int64_t i) const override {
        const auto planes = record(i).subspan(1);
        std::array<std::uint8_t, kPixels> rgb;
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t p = 0; p < kPlane; ++p)
                rgb[3 * p + c] = static_cast<std::uint8_t>(planes[c * kPlane + p]);
        return Image::from_rgb(kSide, kSide, rgb.data());
    }

private:
    const RecordFile& file_of(std::int64_t i) const {
        return *std::find_if(files_.begin(), files_.end(),
                             [&](const RecordFile& file) { return i < file.end; });
    }
    std::span<const std::byte> record(std::int64_t i) const {
        const RecordFile& file = file_of(i);
        return file.record(i - (file.end - file.count()));
    }

    std::vector<RecordFile> files_;
};

}  // namespace

std::unique_ptr<const Dataset> open_cifar(const std::vector<std::string>& files,
                                          const DatasetClasses& classes, const DatasetLimits& limits) {
    std::vector<RecordFile> opened;
    std::int64_t total = 0;
    for (const std::string& path : files) {
        auto mapping = FileMapping::open(path, static_cast<std::uint64_t>(limits.images) * (2 + kPixels));
        const std::size_t bytes = record_bytes(mapping->bytes().size(), classes.count, path);
        RecordFile file{std::filesystem::path(path).filename().string(), std::move(mapping), bytes, 0};
        total += file.count();
        file.end = total;
        if (total > limits.images)
            throw Error(ErrorCode::kResource, path,
                        std::to_string(total) + " images, the limit is " + std::to_string(limits.images));
        for (std::int64_t i = 0; i < file.count(); ++i) {
            const int label = static_cast<int>(file.record(i)[0]);
            if (label >= classes.count)
                throw Error(ErrorCode::kContent, path,
                            "record " + std::to_string(i) + " has label " + std::to_string(label) +
                                ", expected 0.." + std::to_string(classes.count - 1));
        }
        opened.push_back(std::move(file));
    }
    return std::make_unique<CifarRecords>(std::move(opened));
}

}  // namespace dyce
