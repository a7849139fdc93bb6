#include "tools/progress/kept_output.h"

#include "runtime/core/digest.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/file.h>

namespace dyce {
namespace {

constexpr std::uint64_t kEndBytes = 4096;  // enough to tell files of answers apart

}  // namespace

KeptOutput::KeptOutput(const std::string& path, Durability durability)
    : file_(RegularFile::open(path, O_RDWR | O_CREAT)), durability_(durability) {
    file_.lock(LOCK_EX);
}

std::string KeptOutput::end_of(std::uint64_t bytes) const {
    std::vector<std::byte> last(std::min(bytes, kEndBytes));
    last.resize(file_.read_at(bytes - last.size(), last));
    Digest digest;
    digest.add(last);
    return digest.hex();
}

bool KeptOutput::begins_with(std::uint64_t bytes, const std::string& end) const {
    return file_.size() >= bytes && end_of(bytes) == end;
}

void KeptOutput::go_on_from(std::uint64_t bytes) {
    file_.resize(bytes);
    bytes_ = bytes;
}

void KeptOutput::append(const std::string& text) {
    ProgressFile::passed("output begins");
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    file_.write_at(bytes_, bytes.first(bytes.size() / 2));
    ProgressFile::passed("half of the output");
    file_.write_at(bytes_ + bytes.size() / 2, bytes.subspan(bytes.size() / 2));
    ProgressFile::passed("output written");
    if (durability_ == Durability::kPower) file_.flush();
    bytes_ += bytes.size();
}

}  // namespace dyce
