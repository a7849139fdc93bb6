#include "loaders/format/safetensors.h"

#include "loaders/format/json_reader.h"
#include "runtime/core/checked.h"
#include "runtime/core/fail.h"
#include "runtime/core/file_kind.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace dyce {
namespace {

using Entry = Safetensors::Entry;

constexpr std::size_t kLengthBytes = 8;

[[noreturn]] void over_limit(const std::string& where, const std::string& found, std::uint64_t limit) {
    throw Error(ErrorCode::kResource, where, found + ", the limit is " + std::to_string(limit));
}

std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Says what a file that is no safetensors is, where people often have such files.
[[noreturn]] void refuse_foreign(const std::string& path, std::string_view bytes,
                                 const std::string& otherwise) {
    const FileKind* kind = find_file_kind(std::as_bytes(std::span(bytes)));
    const bool is_zip = bytes.starts_with("PK\3\4") && kind->name.find(".npz") == kind->name.npos;
    const bool is_pickle = bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
    if (is_zip || is_pickle)
        fail_content(
            path,
            "is a PyTorch (pickle) file, not safetensors; re-save it with these two lines of Python:\n"
            "import torch, safetensors.torch\n"
            "safetensors.torch.save_file({k: v.contiguous() for k, v in torch.load(\"" +
                path + "\", map_location=\"cpu\", weights_only=True).items()}, \"" +
                path.substr(0, path.find_last_of('.')) + ".safetensors\")");
    fail_content(path, wrong_file_message(std::as_bytes(std::span(bytes)), "a safetensors file", otherwise));
}

// The header's text, without the length before it.
std::string_view find_header(const std::string& path, std::string_view bytes, std::uint64_t limit) {
    if (bytes.empty()) fail_content(path, "is empty, expected a safetensors file");
    if (bytes.size() <= kLengthBytes)
        refuse_foreign(path, bytes,
                       "has only " + std::to_string(bytes.size()) + " bytes, expected a safetensors file");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), kLengthBytes);
    const std::uint64_t rest = bytes.size() - kLengthBytes;
    if (length == 0 || length > rest)
        refuse_foreign(path, bytes,
                       "header length " + std::to_string(length) + ", expected 1 to the " +
                           std::to_string(rest) + " bytes that follow");
    if (bytes[kLengthBytes] != '{')
        refuse_foreign(
            path, bytes,
            "the header starts with " + in_quotes(bytes.substr(kLengthBytes, 1)) + ", expected '{'");
    if (length > limit) over_limit(path, "header of " + std::to_string(length) + " bytes", limit);
    return bytes.substr(kLengthBytes, length);
}

Shape read_shape(JsonReader& json) {
    Shape shape;
    json.array([&] {
        const std::int64_t dim = json.integer();
        if (dim < 0) json.fail("shape: negative dimension " + std::to_string(dim));
        if (shape.rank() == Shape::kMaxRank)
            over_limit(json.where(), "shape: more dimensions", Shape::kMaxRank);
        shape.push_back(dim);
    });
    return shape;
}

void read_offsets(JsonReader& json, Entry& entry) {
    std::vector<std::int64_t> offsets;
    json.array([&] {
        offsets.push_back(json.integer());
        if (offsets.size() > 2) json.fail("data_offsets: expected 2 integers, found more");
    });
    if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
        json.fail("data_offsets: expected [begin, end] with 0 <= begin <= end");
    entry.begin = static_cast<std::uint64_t>(offsets[0]);
    entry.end = static_cast<std::uint64_t>(offsets[1]);
}

Entry read_entry(JsonReader& json) {
    Entry entry;
    int keys = 0;
    json.object([&](const std::string& key) {
        ++keys;
        if (key == "dtype") {
            const std::string name = json.string();
            entry.element = find_safetensors_element(name);
            if (entry.element == nullptr) json.fail("unknown dtype " + in_quotes(name));
        } else if (key == "shape") {
            entry.shape = read_shape(json);
        } else if (key == "data_offsets") {
            read_offsets(json, entry);
        } else {
            json.fail("unknown key " + in_quotes(key) + ", expected dtype, shape and data_offsets");
        }
    });
    if (keys != 3) json.fail("a key is missing: expected dtype, shape and data_offsets");

    auto size = static_cast<std::int64_t>(entry.element->size);
    for (std::int64_t dim : entry.shape)
        if (!checked_multiply(size, dim, &size)) json.fail("shape " + entry.shape.to_string() + " overflows");
    if (static_cast<std::uint64_t>(size) != entry.end - entry.begin)
        json.fail(std::string(entry.element->safetensors) + " of shape " + entry.shape.to_string() +
                  " needs " + std::to_string(size) + " bytes, data_offsets give " +
                  std::to_string(entry.end - entry.begin));
    return entry;
}

// The data must be covered exactly: no gap, no overlap, nothing after the last tensor.
void check_coverage(const std::string& path, const std::map<std::string, Entry>& entries,
                    std::uint64_t size) {
    std::vector<const std::pair<const std::string, Entry>*> ordered;
    for (const auto& entry : entries) ordered.push_back(&entry);
    std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
        return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
    });
    std::uint64_t at = 0;
    for (const auto* named : ordered) {
        const auto& [name, entry] = *named;
        const std::string where = path + ": tensor " + in_quotes(name);
        if (entry.end > size)
            fail_content(where, "data_offsets end at " + std::to_string(entry.end) + ", the file has only " +
                                    std::to_string(size) + " bytes of data");
        if (entry.begin != at)
            fail_content(where, "data_offsets begin at " + std::to_string(entry.begin) + ", expected " +
                                    std::to_string(at) + ": a hole or an overlap");
        at = entry.end;
    }
    if (at != size) fail_content(path, std::to_string(size - at) + " bytes after the last tensor");
}

}  // namespace

void check_tensor_name(const std::string& name, const std::string& where, const SafetensorsLimits& limits) {
    if (name.size() > limits.name_bytes)
        over_limit(where, "name of " + std::to_string(name.size()) + " bytes", limits.name_bytes);
    if (name.empty() || !is_printable_utf8(name)) fail_content(where, "expected a name of printable UTF-8");
}

Safetensors Safetensors::open(const std::string& path, const SafetensorsLimits& limits) {
    auto mapping = FileMapping::open(path, limits.file_bytes);
    Safetensors file = parse(path, mapping->bytes(), mapping, limits);
    file.mapping_ = std::move(mapping);
    return file;
}

Safetensors Safetensors::parse(const std::string& path, std::span<const std::byte> bytes,
                               std::shared_ptr<const void> owner, const SafetensorsLimits& limits) {
    Safetensors file;
    file.path_ = path;
    file.owner_ = std::move(owner);
    file.byte_size_ = bytes.size();
    const std::string_view header = find_header(path, as_text(bytes), limits.header_bytes);
    file.data_ = bytes.subspan(kLengthBytes + header.size());

    const std::string where = path + ": header";
    JsonReader json(header, where);
    json.object([&](const std::string& name) {
        if (name == "__metadata__") {
            json.object([&](const std::string& key) {
                if (file.metadata_.size() == limits.metadata_keys)
                    over_limit(path, "more metadata keys", limits.metadata_keys);
                file.metadata_.emplace(key, json.string());
            });
            return;
        }
        json.set_where(path + ": tensor " + in_quotes(name));
        check_tensor_name(name, json.where(), limits);
        if (file.entries_.size() == limits.tensors) over_limit(path, "more tensors", limits.tensors);
        file.entries_.emplace(name, read_entry(json));
        json.set_where(where);
    });
    json.finish();
    check_coverage(path, file.entries_, file.data_.size());
    return file;
}

std::span<const std::byte> Safetensors::bytes(const Entry& entry) const noexcept {
    return data_.subspan(entry.begin, entry.end - entry.begin);
}

Tensor Safetensors::tensor(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) fail_content(path_, "has no tensor " + in_quotes(name));
    const Entry& entry = found->second;
    return to_tensor(*entry.element, entry.shape, bytes(entry), owner_,
                     path_ + ": tensor " + in_quotes(name));
}

}  // namespace dyce
