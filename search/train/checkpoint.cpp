#include "search/train/checkpoint.h"

#include "runtime/core/atomic_file.h"
#include "runtime/core/digest.h"
#include "runtime/core/regular_file.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <fcntl.h>

namespace dyce {
namespace {

constexpr std::size_t kDigestBytes = 32;

std::string digest_of(std::string_view text) {
    Digest digest;
    digest.add(text);
    return digest.hex();
}

}  // namespace

// The file: header, step, the numbers part by part, digest of all that.
Checkpoint::Checkpoint(std::string path, const std::string& key)
    : path_(std::move(path)), header_("dyce.training/1\n" + digest_of(key) + "\n") {}

std::int64_t Checkpoint::load(const TrainingState& state) const {
    if (!is_kept() || !std::filesystem::exists(path_)) return 0;
    std::size_t size = header_.size() + sizeof(std::int64_t) + kDigestBytes;
    for (const std::span<float> part : state) size += part.size_bytes();
    // Read, not mapped, and one byte more than expected: whatever happens to the file meanwhile is seen.
    const RegularFile file = RegularFile::open(path_, O_RDONLY);
    std::string read(std::min<std::uint64_t>(file.size(), size + 1), '\0');
    read.resize(file.read_at(0, std::as_writable_bytes(std::span(read.data(), read.size()))));
    const std::string_view text = read;
    if (!text.starts_with(header_))
        throw Error(ErrorCode::kContent, path_,
                    "is not a checkpoint of this training: model, images, heads or options differ");
    if (text.size() != size ||
        digest_of(text.substr(0, size - kDigestBytes)) != text.substr(size - kDigestBytes))
        throw Error(ErrorCode::kContent, path_, "is damaged: its digest does not fit");

    const char* from = text.data() + header_.size();
    std::int64_t step = 0;
    std::memcpy(&step, from, sizeof step);
    from += sizeof step;
    for (const std::span<float> part : state) {
        std::memcpy(part.data(), from, part.size_bytes());
        from += part.size_bytes();
    }
    return step;
}

void Checkpoint::save(const TrainingState& state, std::int64_t step) const {
    if (!is_kept()) return;
    std::string text = header_;
    text.append(reinterpret_cast<const char*>(&step), sizeof step);
    for (const std::span<float> part : state)
        text.append(reinterpret_cast<const char*>(part.data()), part.size_bytes());
    text += digest_of(text);
    AtomicFile file(path_);
    file.write(text);
    file.commit();
}

}  // namespace dyce
