// Records as in APPNOTE.TXT 6.3, sections 4.3.6 to 4.3.16.
#include "loaders/npz/npz_writer.h"

#include "loaders/format/npy.h"
#include "runtime/core/crc32.h"

#include <dyce/error.h>

namespace dyce {
namespace {

constexpr std::uint64_t kMaxArchive = UINT32_MAX;
constexpr std::uint64_t kVersion = 20;
constexpr std::uint64_t kNewYear1980 = 0x21;  // the first day that zip can tell

std::string little_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value);
    return text;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

NpzWriter::NpzWriter(const std::string& path) : path_(path), file_(path) {}

void NpzWriter::write(std::string_view text) {
    file_.write(bytes_of(text));
    size_ += text.size();
}

void NpzWriter::add(const std::string& name, const Element& element, const Shape& shape,
                    const std::vector<std::span<const std::byte>>& pieces) {
    const std::string header = npy_header(element, shape);
    Member member{name + ".npy", "", size_};
    Crc32 crc;
    crc.add(bytes_of(header));
    std::uint64_t bytes = header.size();
    for (const auto piece : pieces) {
        crc.add(piece);
        bytes += piece.size();
    }
    // The directory still to come has a few hundred bytes a member at most.
    if (bytes > kMaxArchive - (std::uint64_t{1} << 20) - size_)
        throw Error(ErrorCode::kResource, path_ + ": member '" + member.name + "'",
                    "the archive would pass 4 GiB; write it in parts");
    // Neither flags nor compression; the sizes packed and unpacked are the same.
    member.facts = little_endian(kVersion, 2) + little_endian(0, 4) + little_endian(0, 2) +
                   little_endian(kNewYear1980, 2) + little_endian(crc.value(), 4) + little_endian(bytes, 4) +
                   little_endian(bytes, 4) + little_endian(member.name.size(), 2) + little_endian(0, 2);
    write("PK\3\4" + member.facts + member.name + header);
    for (const auto piece : pieces) file_.write(piece);
    size_ += bytes - header.size();
    members_.push_back(std::move(member));
}

void NpzWriter::commit() {
    const std::uint64_t directory = size_;
    for (const Member& member : members_)
        write("PK\1\2" + little_endian(kVersion, 2) + member.facts + little_endian(0, 10) +
              little_endian(member.offset, 4) + member.name);
    const std::uint64_t directory_bytes = size_ - directory;
    write("PK\5\6" + little_endian(0, 4) + little_endian(members_.size(), 2) +
          little_endian(members_.size(), 2) + little_endian(directory_bytes, 4) +
          little_endian(directory, 4) + little_endian(0, 2));
    file_.commit();
}

}  // namespace dyce
