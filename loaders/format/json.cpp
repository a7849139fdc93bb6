#include "loaders/format/json.h"

#include "runtime/core/file_kind.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <charconv>
#include <cmath>

namespace dyce {
namespace {

// What the allocations behind each kind of value take, the unused half of a grown vector included.
constexpr std::size_t kValueCost = 2 * sizeof(Json);
constexpr std::size_t kTextCost = 48;
constexpr std::size_t kContainerCost = 64;
constexpr std::size_t kMemberCost = 96;

class TreeBuilder {
public:
    TreeBuilder(JsonReader& reader, std::size_t max_bytes) : reader_(reader), max_bytes_(max_bytes) {}

    Json value() {
        pay(kValueCost);
        switch (reader_.peek()) {
            case JsonKind::kNull: reader_.null(); return nullptr;
            case JsonKind::kBool: return reader_.boolean();
            case JsonKind::kNumber:
                return std::visit([](auto number) { return Json(number); }, reader_.number());
            case JsonKind::kString: return string();
            case JsonKind::kArray: return array();
            case JsonKind::kObject: return object();
        }
        return nullptr;
    }

private:
    void pay(std::size_t bytes) {
        if ((spent_ += bytes) > max_bytes_)
            throw Error(ErrorCode::kResource, reader_.where(),
                        "too many values: they would take over " + std::to_string(max_bytes_) + " bytes");
    }

    Json string() {
        std::string text = reader_.string();
        pay(kTextCost + text.size());
        return text;
    }

    Json array() {
        Json result = Json::array();
        pay(kContainerCost);
        reader_.array([&] { result.push_back(value()); });
        return result;
    }

    Json object() {
        Json result = Json::object();
        pay(kContainerCost);
        reader_.object([&](const std::string& key) {
            pay(kMemberCost + key.size());
            result[key] = value();
        });
        return result;
    }

    JsonReader& reader_;
    std::size_t max_bytes_;
    std::size_t spent_ = 0;
};

// How a message shows a value.
std::string shown(const Json& json) {
    if (json.is_string()) return "string " + in_quotes(json.get_ref<const std::string&>());
    if (json.is_number()) return "number " + json.dump();
    return json.type_name();
}

}  // namespace

Json read_tree(JsonReader& reader, std::size_t max_bytes) { return TreeBuilder(reader, max_bytes).value(); }

Json parse_json(std::string_view text, const std::string& where) {
    JsonReader reader(text, where);
    Json json = read_tree(reader);
    reader.finish();
    return json;
}

void refuse_other_than_json(std::span<const std::byte> bytes, const std::string& path) {
    if (bytes.empty() || bytes[0] == std::byte{'{'} || find_file_kind(bytes) == nullptr) return;
    throw Error(ErrorCode::kContent, path, wrong_file_message(bytes, "JSON", ""));
}

Json read_json(const std::string& path, std::uint64_t max_bytes) {
    const auto mapping = FileMapping::open(path, max_bytes);
    const auto bytes = mapping->bytes();
    refuse_other_than_json(bytes, path);
    return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

std::string canonical_text(const Json& json) {
    try {
        return json.dump();
    } catch (const Json::type_error&) {
        throw Error(ErrorCode::kContent, "JSON", "a string is not valid UTF-8");
    }
}

Json to_json(float value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    double shortest = 0;
    std::from_chars(text, end, shortest);
    return static_cast<float>(shortest) == value ? shortest : static_cast<double>(value);
}

void JsonField::fail(const std::string& expected) const {
    throw Error(ErrorCode::kContent, where_, "found " + shown(*json_) + ", expected " + expected);
}

std::string JsonField::text() const {
    if (!json_->is_string()) fail("a string");
    return json_->get<std::string>();
}

std::int64_t JsonField::integer(std::int64_t low, std::int64_t high) const {
    if (!json_->is_number_integer()) fail("an integer");
    const auto value = json_->get<std::int64_t>();
    if (value < low || value > high)
        fail("an integer in " + std::to_string(low) + ".." + std::to_string(high));
    return value;
}

double JsonField::real() const {
    if (!json_->is_number()) fail("a number");
    return json_->get<double>();
}

float JsonField::real32() const {
    const auto value = static_cast<float>(real());
    if (!std::isfinite(value)) fail("a number in the range of float32");
    return value;
}

bool JsonField::boolean() const {
    if (!json_->is_boolean()) fail("true or false");
    return json_->get<bool>();
}

std::size_t JsonField::size() const {
    if (!json_->is_array()) fail("an array");
    return json_->size();
}

JsonField JsonField::operator[](std::size_t element) const {
    return {(*json_)[element], where_ + "[" + std::to_string(element) + "]"};
}

std::vector<std::string> JsonField::texts() const {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < size(); ++i) result.push_back((*this)[i].text());
    return result;
}

std::vector<std::int64_t> JsonField::integers() const {
    std::vector<std::int64_t> result;
    for (std::size_t i = 0; i < size(); ++i) result.push_back((*this)[i].integer());
    return result;
}

JsonFields::JsonFields(const JsonField& field) : json_(&field.json()), where_(field.where()) {
    if (!json_->is_object()) field.fail("an object");
}

JsonField JsonFields::operator[](const std::string& key) {
    const auto found = json_->find(key);
    if (found == json_->end()) throw Error(ErrorCode::kContent, where_, "'" + key + "' is missing");
    asked_.insert(key);
    return {*found, where_ + "." + key};
}

void JsonFields::finish() const {
    for (const auto& [key, value] : json_->items())
        if (asked_.count(key) == 0) throw Error(ErrorCode::kContent, where_, "unknown key " + in_quotes(key));
}

}  // namespace dyce
