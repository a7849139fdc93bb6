#include "loaders/npz/npz.h"

#include "runtime/core/aligned.h"
#include "runtime/core/fail.h"
#include "runtime/core/file_kind.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include <zip.h>

namespace dyce {
namespace {

constexpr std::uint64_t kMaxRatio = 1100;  // deflate reaches 1032
constexpr std::uint64_t kRatioSlack = std::uint64_t{1} << 20;
constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;  // unpacked before the file's pages are given back
constexpr std::string_view kSuffix = ".npy";
constexpr const char* kNoEnd =
    "not a .npz file: no zip end record in its last 22 bytes (cut short, or bytes added)";

[[noreturn]] void over_limit(const std::string& where, const std::string& what, std::uint64_t found,
                             std::uint64_t limit) {
    throw Error(ErrorCode::kResource, where,
                what + " " + std::to_string(found) + ", the limit is " + std::to_string(limit));
}

std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, size);
    return value;
}

bool is_zip(std::span<const std::byte> bytes) {
    return bytes.size() >= 4 && little_endian(bytes, 0, 4) == 0x04034b50;
}

// Checks the end of the archive before libzip sees it: libzip skips trailing bytes and allocates for as many
// members as the directory claims. Records as in APPNOTE.TXT 6.3, sections 4.3.14 to 4.3.16.
void check_end(std::span<const std::byte> bytes, const std::string& path, const NpzLimits& limits) {
    constexpr std::size_t kEnd = 22, kLocator = 20, kEnd64 = 56;
    if (bytes.size() < kEnd || little_endian(bytes, bytes.size() - kEnd, 4) != 0x06054b50)
        fail_content(path, is_zip(bytes) ? kNoEnd : wrong_file_message(bytes, "an .npz file", kNoEnd));
    const std::size_t end = bytes.size() - kEnd;
    std::uint64_t members = little_endian(bytes, end + 10, 2);
    if (end >= kLocator && little_endian(bytes, end - kLocator, 4) == 0x07064b50) {
        const std::uint64_t end64 = little_endian(bytes, end - kLocator + 8, 8);
        if (end < kEnd64 || end64 > end - kEnd64 || little_endian(bytes, end64, 4) != 0x06064b50)
            fail_content(path, "its zip64 end record is not where the archive says");
        members = std::max(members, little_endian(bytes, end64 + 32, 8));
    }
    if (members > limits.members) over_limit(path, "number of members", members, limits.members);
}

struct Member {
    zip_uint64_t index;
    std::uint64_t size;
};

/// A member that is being unpacked.
struct OpenMember {
    std::string where;
    std::uint64_t size;  ///< as the directory announces it
    const FileMapping& mapping;
    std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file;

    /// At most `most` bytes; fewer at the end. What is unpacked is not kept in its packed form, too.
    std::uint64_t read(std::byte* to, std::uint64_t most) const {
        std::uint64_t size_read = 0;
        while (size_read < most) {
            const zip_int64_t count =
                zip_fread(file.get(), to + size_read, std::min(kPiece, most - size_read));
            mapping.release(mapping.bytes());
            if (count < 0)
                fail_content(where, "cannot be unpacked: " + std::string(zip_file_strerror(file.get())));
            if (count == 0) break;
            size_read += static_cast<std::uint64_t>(count);
        }
        return size_read;
    }
};

}  // namespace

struct NpzReader::Impl {
    std::string path;
    std::shared_ptr<const FileMapping> mapping;
    zip_t* archive = nullptr;
    std::vector<std::string> names;
    std::vector<Member> members;

    ~Impl() {
        if (archive != nullptr) zip_discard(archive);
    }

    std::string where(std::string_view member) const { return path + ": member " + in_quotes(member); }

    void open() {
        zip_error_t error;
        zip_error_init(&error);
        const auto bytes = mapping->bytes();
        zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
        if (source != nullptr) archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
        if (archive == nullptr) {
            const bool twice = zip_error_code_zip(&error) == ZIP_ER_EXISTS;
            const std::string reason = twice ? "a member occurs twice" : zip_error_strerror(&error);
            zip_error_fini(&error);
            zip_source_free(source);
            fail_content(path, "damaged .npz archive: " + reason);
        }
    }

    void add_member(zip_uint64_t index) {
        zip_stat_t info;
        if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &info) != 0)
            fail_content(path, "damaged .npz archive: " + std::string(zip_strerror(archive)));
        const std::string_view name = info.name;
        if (name.size() <= kSuffix.size() || !name.ends_with(kSuffix) ||
            name.find_first_of("/\\") != name.npos)
            fail_content(where(name), "expected NAME.npy without a folder");
        if (info.encryption_method != ZIP_EM_NONE) fail_content(where(name), "is encrypted");
        if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE)
            fail_content(where(name), "compression method " + std::to_string(info.comp_method) +
                                          " is not supported; expected stored or deflated");
        if (info.comp_size > mapping->bytes().size()) fail_content(where(name), "is longer than the file");
        const std::uint64_t most = info.comp_size * kMaxRatio + kRatioSlack;
        if (info.size > most) over_limit(where(name), "unpacked bytes", info.size, most);
        names.emplace_back(name.substr(0, name.size() - kSuffix.size()));
        members.push_back({index, info.size});
    }

    OpenMember open_member(const std::string& name) const {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) fail_content(path, "has no member " + in_quotes(name + ".npy"));
        const Member& member = members[static_cast<std::size_t>(found - names.begin())];
        OpenMember open{where(name + std::string(kSuffix)),
                        member.size,
                        *mapping,
                        {zip_fopen_index(archive, member.index, 0), zip_fclose}};
        if (!open.file) fail_content(open.where, "cannot be unpacked: " + std::string(zip_strerror(archive)));
        return open;
    }
};

NpzReader::NpzReader(const std::string& path, const NpzLimits& limits) : impl_(std::make_unique<Impl>()) {
    impl_->path = path;
    impl_->mapping = FileMapping::open(path, limits.file_bytes);
    check_end(impl_->mapping->bytes(), path, limits);
    impl_->open();
    std::uint64_t unpacked = 0;
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(impl_->archive, 0));
    for (zip_uint64_t i = 0; i < count; ++i) {
        impl_->add_member(i);
        // Each size is far below 2^63 (the ratio check), and so is the sum of 64 of them.
        unpacked += impl_->members.back().size;
    }
    if (unpacked > limits.unpacked_bytes) over_limit(path, "unpacked bytes", unpacked, limits.unpacked_bytes);
}

NpzReader::~NpzReader() = default;
NpzReader::NpzReader(NpzReader&&) noexcept = default;
NpzReader& NpzReader::operator=(NpzReader&&) noexcept = default;

const std::vector<std::string>& NpzReader::names() const noexcept { return impl_->names; }

bool NpzReader::contains(const std::string& name) const {
    return std::find(names().begin(), names().end(), name) != names().end();
}

Tensor NpzReader::read(const std::string& name) const {
    const auto [where, array, owner] = read_stored(name);
    return to_tensor(*array.element, array.shape, array.data, owner, where);
}

StoredArray NpzReader::read_stored(const std::string& name) const {
    const auto file = impl_->open_member(name);
    const auto block = allocate_aligned(file.size + 1);
    // One byte more than announced is asked for: a longer member shows, and reaching the end makes libzip
    // compare the checksum.
    const std::uint64_t size = file.read(block.get(), file.size + 1);
    if (size != file.size)
        fail_content(file.where, "unpacks to " + std::string(size > file.size ? "more" : "fewer") +
                                     " than the " + std::to_string(file.size) + " bytes announced");
    return {file.where, parse_npy(std::span<const std::byte>(block.get(), size), file.where), block};
}

TensorType NpzReader::type(const std::string& name) const {
    const auto file = impl_->open_member(name);
    std::vector<std::byte> start(std::min<std::uint64_t>(file.size, kMaxNpyStart));
    start.resize(file.read(start.data(), start.size()));
    return npy_type(start, file.size, file.where);
}

}  // namespace dyce
