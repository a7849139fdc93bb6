// JSON documents as values: strict parsing, the canonical text that digests are made of, and typed access
// whose errors name the file and the path inside it. Values; thread-safe.
#pragma once

#include "loaders/format/json_reader.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

using Json = nlohmann::json;

/// Memory that the values of a text may take: short hostile text can describe very many.
constexpr std::size_t kMaxJsonTree = std::size_t{40} << 20;

/// The next value of the text as a tree. Throws Error{kContent}, and Error{kResource} when the tree would
/// take more than `max_bytes`.
Json read_tree(JsonReader& reader, std::size_t max_bytes = kMaxJsonTree);

/// A whole text. Throws as read_tree() does.
Json parse_json(std::string_view text, const std::string& where);

/// Throws Error{kContent} saying what the bytes of the file `path` are when they are of a known kind that is
/// no JSON.
void refuse_other_than_json(std::span<const std::byte> bytes, const std::string& path);

/// Reads a whole file of up to `max_bytes`. Throws as parse_json() does, and Error{kIo}.
Json read_json(const std::string& path, std::uint64_t max_bytes);

/// Keys sorted bytewise, no spaces, shortest numbers that read back the same. Throws Error{kContent} on a
/// string that is not UTF-8.
std::string canonical_text(const Json& json);

/// A float32 as the shortest decimal that reads back as the same float32.
Json to_json(float value);

/// A place inside a document: the value and how errors call it ("model.safetensors: dyce.graph.nodes[3]").
/// A cheap reference; the document must outlive it.
class JsonField {
public:
    JsonField(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {}

    /// Each throws Error{kContent} when the value is of another kind or out of range.
    std::string text() const;
    std::int64_t integer(std::int64_t low = INT64_MIN, std::int64_t high = INT64_MAX) const;
    double real() const;
    float real32() const;
    bool boolean() const;
    /// Number of elements of an array.
    std::size_t size() const;
    JsonField operator[](std::size_t element) const;
    std::vector<std::string> texts() const;
    std::vector<std::int64_t> integers() const;

    const Json& json() const { return *json_; }
    const std::string& where() const { return where_; }
    /// Throws Error{kContent}: found what it is, `expected` something else.
    [[noreturn]] void fail(const std::string& expected) const;

private:
    const Json* json_;
    std::string where_;
};

/// The members of an object, asked for by name.
class JsonFields {
public:
    /// Throws Error{kContent} when `field` is not an object.
    explicit JsonFields(const JsonField& field);

    bool has(const std::string& key) const { return json_->contains(key); }
    /// Throws Error{kContent} when it is missing.
    JsonField operator[](const std::string& key);
    const std::string& where() const { return where_; }
    /// Throws Error{kContent} naming a member that was never asked for.
    void finish() const;

private:
    const Json* json_;
    std::string where_;
    std::set<std::string> asked_;
};

}  // namespace dyce
