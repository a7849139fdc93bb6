#include "tools/cli/path_list.h"

#include "runtime/core/fail.h"

#include <dyce/error.h>

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace dyce {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// What is read piece by piece becomes paths; no more than the limits and a piece is ever held.
class PathCollector {
public:
    PathCollector(std::string source, char separator, const PathListLimits& limits)
        : source_(std::move(source)), separator_(separator), limits_(limits) {}

    void add(std::string_view piece) {
        while (!piece.empty()) {
            const std::size_t end = piece.find(separator_);
            grow(piece.substr(0, end));
            if (end == piece.npos) return;
            finish_path();
            piece.remove_prefix(end + 1);
        }
    }

    std::vector<std::string> take() {
        if (!path_.empty()) finish_path();
        return std::move(paths_);
    }

private:
    std::string where() const { return source_ + ":" + std::to_string(line_); }

    void grow(std::string_view text) {
        if (path_.size() + text.size() > limits_.line_bytes)
            throw Error(ErrorCode::kResource, where(),
                        "a longer path, the limit is " + std::to_string(limits_.line_bytes) + " bytes");
        bytes_ += text.size();
        if (bytes_ > limits_.bytes)
            throw Error(ErrorCode::kResource, where(),
                        "more, the limit of a list is " + std::to_string(limits_.bytes) + " bytes of paths");
        path_ += text;
    }

    void finish_path() {
        if (line_ > limits_.lines)
            throw Error(ErrorCode::kResource, source_,
                        "more paths, the limit of a list is " + std::to_string(limits_.lines));
        if (path_.find('\0') != path_.npos)
            throw Error(ErrorCode::kContent, where(),
                        "holds a NUL byte; --files0-from takes paths that NULs separate");
        if (!path_.empty()) paths_.push_back(path_);
        path_.clear();
        ++line_;
    }

    const std::string source_;
    const char separator_;
    const PathListLimits limits_;
    std::string path_;
    std::vector<std::string> paths_;
    std::int64_t line_ = 1;
    std::size_t bytes_ = 0;
};

// Not only of files: a pipe of a shell is opened by name too.
class ListSource {
public:
    explicit ListSource(const std::string& path)
        : descriptor_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0) fail_system(path, "open");
    }
    ~ListSource() {
        if (descriptor_ != STDIN_FILENO) close(descriptor_);
    }
    ListSource(const ListSource&) = delete;
    ListSource& operator=(const ListSource&) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace

std::vector<std::string> read_path_list(const std::string& source, char separator,
                                        const PathListLimits& limits) {
    const std::string name = source == "-" ? "stdin" : source;
    const ListSource file(source);
    PathCollector paths(name, separator, limits);
    std::vector<char> piece(kPieceBytes);
    for (;;) {
        const ssize_t count = read(file.descriptor(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail_system(name, "read");
        if (count == 0) return paths.take();
        paths.add({piece.data(), static_cast<std::size_t>(count)});
    }
}

}  // namespace dyce
