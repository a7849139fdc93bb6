#include "loaders/format/encodings_json.h"

#include "loaders/format/json.h"
#include "loaders/format/safetensors.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <iterator>

namespace dyce {
namespace {

constexpr std::size_t kMaxEntryTree = std::size_t{64} << 10;
constexpr std::size_t kMaxEncodings = 20'000;  // a graph has no more nodes to read them

// How the members of an entry are called, by kind; an empty name: there is no such member.
struct EncodingForm {
    const char* as;
    TensorEncoding::Kind kind;
    const char *values, *places;
    bool of, shape, scale;
};

constexpr EncodingForm kForms[] = {
    {"same", TensorEncoding::Kind::kSame, "", "", true, false, false},
    {"slice", TensorEncoding::Kind::kSlice, "", "", true, true, true},
    {"mask", TensorEncoding::Kind::kMask, "values", "mask", false, true, true},
    {"gaps", TensorEncoding::Kind::kGaps, "values", "gaps", false, true, true},
    {"codebook", TensorEncoding::Kind::kCodebook, "codes", "book", false, false, false},
};

const EncodingForm& form_named(const JsonField& field) {
    const std::string name = field.text();
    const auto* found = std::find_if(std::begin(kForms), std::end(kForms),
                                     [&](const EncodingForm& form) { return form.as == name; });
    if (found == std::end(kForms)) field.fail("same, slice, mask, gaps or codebook");
    return *found;
}

std::string part_name(const JsonField& field) {
    std::string name = field.text();
    check_tensor_name(name, field.where());
    return name;
}

Shape encoded_shape(const JsonField& field) {
    if (field.size() == 0) field.fail("1 to 8 dimensions");
    if (field.size() > static_cast<std::size_t>(Shape::kMaxRank)) field.fail("at most 8 dimensions");
    Shape shape;
    for (std::size_t i = 0; i < field.size(); ++i) shape.push_back(field[i].integer(1));
    try {
        (void)shape.elements();
    } catch (const Error&) {
        field.fail("a size that can be counted");
    }
    return shape;
}

TensorEncoding encoding_from_json(const JsonField& field) {
    JsonFields fields(field);
    const JsonField name = fields["as"];
    const EncodingForm& form = form_named(name);
    TensorEncoding encoding;
    encoding.kind = form.kind;
    if (form.of) encoding.of = part_name(fields["of"]);
    if (*form.values != '\0') encoding.values = part_name(fields[form.values]);
    if (*form.places != '\0') encoding.places = part_name(fields[form.places]);
    if (form.shape) encoding.shape = encoded_shape(fields["shape"]);
    if (form.scale && fields.has("scale")) encoding.scale = part_name(fields["scale"]);
    fields.finish();
    return encoding;
}

Json encoding_to_json(const TensorEncoding& encoding) {
    const auto& form = *std::find_if(std::begin(kForms), std::end(kForms),
                                     [&](const EncodingForm& one) { return one.kind == encoding.kind; });
    Json json = {{"as", form.as}};
    if (form.of) json["of"] = encoding.of;
    if (*form.values != '\0') json[form.values] = encoding.values;
    if (*form.places != '\0') json[form.places] = encoding.places;
    if (form.shape) json["shape"] = std::vector<std::int64_t>(encoding.shape.begin(), encoding.shape.end());
    if (!encoding.scale.empty()) json["scale"] = encoding.scale;
    return json;
}

}  // namespace

TensorEncodings encodings_from_text(std::string_view text, const std::string& where) {
    TensorEncodings encodings;
    JsonReader reader(text, where);
    reader.object([&](const std::string& name) {
        const std::string tensor = where + ": tensor " + in_quotes(name);
        check_tensor_name(name, tensor);
        if (encodings.size() == kMaxEncodings)
            throw Error(ErrorCode::kResource, where,
                        "more encoded tensors, the limit is " + std::to_string(kMaxEncodings));
        reader.set_where(tensor);
        const Json json = read_tree(reader, kMaxEntryTree);
        encodings.emplace(name, encoding_from_json({json, tensor}));
        reader.set_where(where);
    });
    reader.finish();
    return encodings;
}

std::string encodings_to_text(const TensorEncodings& encodings) {
    if (encodings.empty()) return "";
    Json json = Json::object();
    for (const auto& [name, encoding] : encodings) json[name] = encoding_to_json(encoding);
    return canonical_text(json);
}

}  // namespace dyce
