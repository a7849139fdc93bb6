#include "loaders/format/attributes_json.h"

#include <cmath>
#include <limits>

namespace dyce {
namespace {

// JSON has no infinities, but Clip and Pad have.
Json float_to_json(float value) {
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return to_json(value);
}

float float_from_json(const JsonField& field) {
    if (field.json() == "inf") return std::numeric_limits<float>::infinity();
    if (field.json() == "-inf") return -std::numeric_limits<float>::infinity();
    return field.real32();
}

struct ToJson {
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(float value) const { return float_to_json(value); }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const std::vector<std::int64_t>& values) const { return values; }
    Json operator()(const std::vector<float>& values) const {
        Json json = Json::array();
        for (float value : values) json.push_back(float_to_json(value));
        return json;
    }
};

AttributeValue attribute_from_json(const JsonField& field, AttributeKind kind) {
    switch (kind) {
        case AttributeKind::kInt: return field.integer();
        case AttributeKind::kFloat: return float_from_json(field);
        case AttributeKind::kString: return field.text();
        case AttributeKind::kInts: return field.integers();
        case AttributeKind::kFloats: break;
    }
    std::vector<float> values;
    for (std::size_t i = 0; i < field.size(); ++i) values.push_back(float_from_json(field[i]));
    return values;
}

}  // namespace

Json attributes_to_json(const Attributes& attributes) {
    Json json = Json::object();
    for (const auto& [name, value] : attributes) json[name] = std::visit(ToJson{}, value);
    return json;
}

Attributes attributes_from_json(const JsonField& field, const OpSpec& spec) {
    JsonFields fields(field);
    Attributes attributes;
    for (const AttributeSpec& attribute : spec.attributes)
        if (fields.has(attribute.name))
            attributes.set(attribute.name, attribute_from_json(fields[attribute.name], attribute.kind));
    fields.finish();
    return attributes;
}

}  // namespace dyce
