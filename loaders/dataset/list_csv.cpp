#include "loaders/dataset/list_csv.h"

#include "loaders/dataset/image_files.h"
#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace dyce {
namespace {

// The lines of a text with their numbers.
class Lines {
public:
    Lines(std::string_view text, const std::string& path, std::size_t max_bytes)
        : rest_(text), path_(path), max_bytes_(max_bytes) {
        constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
        if (rest_.substr(0, 3) == kByteOrderMark) rest_.remove_prefix(3);
    }

    // The next line that is not empty, without its line break; false at the end.
    bool next(std::string_view& line) {
        while (!rest_.empty()) {
            ++number_;
            const std::string_view start = rest_.substr(0, max_bytes_ + 1);
            const std::size_t end = std::min(start.find('\n'), start.size());
            if (end > max_bytes_)
                throw Error(ErrorCode::kResource, where(),
                            "more bytes, the limit of a line is " + std::to_string(max_bytes_));
            line = rest_.substr(0, end);
            rest_.remove_prefix(std::min(end + 1, rest_.size()));
            if (line.find('\0') != std::string_view::npos) fail("contains a NUL byte");
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            if (!line.empty()) return true;
        }
        return false;
    }

    std::string where() const { return path_ + ":" + std::to_string(number_); }
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kContent, where(), message);
    }

private:
    std::string_view rest_;
    const std::string& path_;
    std::size_t max_bytes_;
    std::int64_t number_ = 0;
};

// Splits one line; `fields` is re-used from line to line.
void split(std::string_view line, const Lines& lines, std::vector<std::string>& fields) {
    fields.clear();
    for (;;) {
        std::string& field = fields.emplace_back();
        if (!line.empty() && line.front() == '"') {
            for (;;) {
                line.remove_prefix(1);
                const std::size_t quote = line.find('"');
                if (quote == std::string_view::npos) lines.fail("a quoted field does not end on its line");
                field += line.substr(0, quote);
                line.remove_prefix(quote + 1);
                if (line.empty() || line.front() != '"') break;
                field += '"';  // two quotes inside a quoted field are one
            }
        } else {
            const std::size_t end = std::min(line.find(','), line.size());
            field = line.substr(0, end);
            line.remove_prefix(end);
        }
        if (line.empty()) return;
        if (line.front() != ',') lines.fail("characters between a closing quote and the next comma");
        line.remove_prefix(1);
    }
}

std::size_t column(const std::vector<std::string>& header, const std::string& name, const Lines& lines) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end())
        lines.fail("no column '" + name + "'; the first line must name the columns path and label");
    return static_cast<std::size_t>(found - header.begin());
}

// Whether `path` can leave the folder that it is relative to.
bool escapes_folder(std::string_view path) {
    if (path.front() == '/') return true;
    int depth = 0;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        if (part == "..")
            --depth;
        else if (!part.empty() && part != ".")
            ++depth;
        if (depth < 0) return true;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return false;
}

// Refuses a list of too many lines before any is stored, holding a piece of the file at a time.
void check_count(const FileMapping& file, const std::string& path, const DatasetLimits& limits) {
    constexpr std::size_t kPiece = std::size_t{4} << 20;
    const auto bytes = file.bytes();
    std::int64_t breaks = 0;
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
        const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
        const auto here = std::count(piece.begin(), piece.end(), std::byte{'\n'});
        if (here == 0 && piece.size() > limits.line_bytes) return;  // who reads it meets too long a line
        breaks += here;
        if (breaks > limits.images + 1)  // one header and one image a line
            throw Error(ErrorCode::kResource, path,
                        "more lines, the limit is " + std::to_string(limits.images) + " images");
        file.release(piece);
    }
}

int parse_label(const std::string& text, int classes, const Lines& lines) {
    int label = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
    if (error != std::errc{} || end != text.data() + text.size() || label < 0 || label >= classes)
        lines.fail("label '" + text + "', expected a class index 0.." + std::to_string(classes - 1));
    return label;
}

}  // namespace

std::unique_ptr<const Dataset> read_list(const std::string& path, const DatasetClasses& classes,
                                         const DatasetLimits& limits) {
    const auto file = FileMapping::open(path, UINT64_MAX);
    check_count(*file, path, limits);

    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    Lines lines(text, path, limits.line_bytes);
    std::string_view line;
    if (!lines.next(line))
        throw Error(ErrorCode::kContent, path, "empty, expected a list with the columns path,label");
    std::vector<std::string> fields;
    split(line, lines, fields);
    const std::size_t columns = fields.size();
    const std::size_t path_column = column(fields, "path", lines);
    const std::size_t label_column = column(fields, "label", lines);

    auto images = std::make_unique<ImageFiles>(std::filesystem::path(path).parent_path().string(), limits);
    while (lines.next(line)) {
        split(line, lines, fields);
        if (fields.size() != columns)
            lines.fail(std::to_string(fields.size()) + " columns, the first line names " +
                       std::to_string(columns) + " (a path that holds a comma must be quoted)");
        const std::string& image = fields[path_column];
        if (image.empty()) lines.fail("the path is empty");
        if (escapes_folder(image)) lines.fail("path '" + image + "' leaves the folder of the list");
        images->add(image, parse_label(fields[label_column], classes.count, lines));
    }
    if (images->size() == 0) throw Error(ErrorCode::kContent, path, "the list names no image");
    return images;
}

}  // namespace dyce
