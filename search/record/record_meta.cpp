#include "search/record/record_meta.h"

#include "loaders/format/json.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <set>
#include <utility>

namespace dyce {
namespace {

constexpr const char* kSchema = "dyce.record/1";
constexpr const char* kSchemaWithFeatures = "dyce.record/2";
constexpr const char* kPaid = "paid";         // the feature
constexpr std::int64_t kMaxPositions = 1024;  // sites of all members and their classifiers
constexpr std::int64_t kMaxGateMacs = kMaxRecordMacs / kMaxPositions;  // all together fit with the stages
constexpr std::int64_t kMaxTypes = 1024;
constexpr std::size_t kMaxName = 512;
constexpr std::int64_t kMaxClasses = 100'000;

std::string read_name(const JsonField& field) {
    std::string name = field.text();
    if (name.empty() || name.size() > kMaxName || !is_printable_utf8(name))
        field.fail("1 to " + std::to_string(kMaxName) + " bytes of printable text");
    return name;
}

void check_count(const JsonField& array, std::int64_t limit) {
    if (array.size() > static_cast<std::size_t>(limit))
        throw Error(ErrorCode::kResource, array.where(),
                    std::to_string(array.size()) + " elements, the limit is " + std::to_string(limit));
}

// Whether images' costs are there, which is the one feature that records have so far.
bool read_features(JsonFields& fields) {
    const JsonField schema = fields["schema"];
    if (schema.text() == kSchema) return false;
    if (schema.text() != kSchemaWithFeatures)
        schema.fail("\"" + std::string(kSchema) + "\" or \"" + kSchemaWithFeatures + "\"");
    const JsonField features = fields["features"];
    for (std::size_t i = 0; i < features.size(); ++i)
        if (i > 0 || features[i].text() != kPaid) features[i].fail("\"paid\", once");
    if (features.size() == 0) features.fail("a feature: \"paid\"");
    return true;
}

// Behind a gate there is a site to skip to.
void check_gates(const JsonField& array, const std::vector<RecordedSite>& positions, bool has_paid) {
    bool has_gates = false;
    for (std::size_t p = 0; p < positions.size(); ++p) {
        if (!positions[p].gate) continue;
        has_gates = true;
        if (positions[p].site < 0 || positions[p + 1].site < 0)
            fail_content(array[p].where() + ".gate", "stands where no site follows");
    }
    if (has_paid && !has_gates)
        fail_content(array.where(), "has no \"gate\", expected one somewhere: \"features\" has \"paid\"");
}

std::vector<RecordedSite> read_positions(const JsonField& array, bool has_paid) {
    check_count(array, kMaxPositions);
    std::vector<RecordedSite> positions;
    for (std::size_t i = 0; i < array.size(); ++i) {
        JsonFields fields(array[i]);
        // A new member begins after the classifier of the one before.
        const bool begins = positions.empty() || positions.back().site < 0;
        const int last_member = positions.empty() ? -1 : positions.back().member;
        const std::int64_t member = begins ? last_member + 1 : last_member;
        const std::int64_t last_macs = begins ? 0 : positions.back().macs;
        const std::int64_t next_site = begins ? 0 : positions.back().site + 1;
        RecordedSite position;
        position.member = static_cast<int>(fields["member"].integer(member, member));
        const JsonField site = fields["site"];
        position.site = static_cast<int>(site.integer(-1, next_site));
        if (position.site >= 0 && position.site != next_site) site.fail("-1 or " + std::to_string(next_site));
        position.name = read_name(fields["name"]);
        position.macs = fields["macs"].integer(last_macs, kMaxRecordMacs);
        if (has_paid && fields.has("gate")) position.gate = fields["gate"].integer(0, kMaxGateMacs);
        fields.finish();
        positions.push_back(std::move(position));
    }
    if (positions.empty() || positions.back().site >= 0)
        fail_content(array.where(), "expected at least one position, the last one a classifier (site -1)");
    if (positions.back().macs == 0)
        fail_content(array.where(), "the backbone of the last member costs nothing");
    check_gates(array, positions, has_paid);
    return positions;
}

std::vector<std::string> read_types(const JsonField& array) {
    check_count(array, kMaxTypes);
    std::vector<std::string> types;
    std::set<std::string> seen = {"final"};
    for (std::size_t i = 0; i < array.size(); ++i) {
        types.push_back(read_name(array[i]));
        if (!seen.insert(types.back()).second) array[i].fail("a name that is not taken");
    }
    return types;
}

// (position, type) of a head, or of one that the model does not have.
std::pair<int, int> read_place(JsonFields& fields, const RecordMeta& meta) {
    const auto last_position = static_cast<std::int64_t>(meta.final_position()) - 1;
    const std::int64_t position = fields["position"].integer(0, last_position);
    const JsonField name = fields["type"];
    const auto type = std::find(meta.types.begin(), meta.types.end(), name.text());
    if (type == meta.types.end()) name.fail("one of \"types\"");
    return {static_cast<int>(position), static_cast<int>(type - meta.types.begin())};
}

void read_heads(const JsonField& heads, const JsonField& missing, RecordMeta& meta) {
    std::set<std::pair<int, int>> places;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        JsonFields fields(heads[i]);
        const auto place = read_place(fields, meta);
        if (!places.empty() && place <= *places.rbegin())
            fail_content(heads[i].where(), "comes out of order or twice");
        places.insert(place);
        meta.heads.push_back({place.first, place.second, fields["macs"].integer(0, kMaxRecordMacs)});
        fields.finish();
    }
    meta.heads.push_back({static_cast<int>(meta.final_position()), RecordHead::kFinal, 0});
    for (std::size_t i = 0; i < missing.size(); ++i) {
        JsonFields fields(missing[i]);
        if (!places.insert(read_place(fields, meta)).second)
            fail_content(missing[i].where(), "is named twice");
        fields.finish();
    }
    if (places.size() != meta.final_position() * meta.types.size())
        fail_content(heads.where(), "each position and type must be in \"heads\" or in \"missing\"");
}

}  // namespace

RecordMeta parse_record_meta(std::string_view text, const std::string& where) {
    const Json document = parse_json(text, where);
    JsonFields fields({document, where});
    const bool has_paid = read_features(fields);
    RecordMeta meta;
    meta.model_digest = fields["model_digest"].text();
    meta.preprocess_digest = fields["preprocess_digest"].text();
    meta.plan_digest = fields["plan_digest"].text();
    meta.precision = read_name(fields["precision"]);
    meta.classes = fields["classes"].integer(1, kMaxClasses);

    JsonFields images(fields["pictures"]);
    meta.image_count = images["count"].integer(1, kMaxRecordImages);
    meta.images_digest = images["digest"].text();
    images.finish();
    JsonFields shard(fields["shard"]);
    meta.shards = shard["of"].integer(1, meta.image_count);
    meta.shard = shard["index"].integer(0, meta.shards - 1);
    shard.finish();

    meta.positions = read_positions(fields["positions"], has_paid);
    meta.types = read_types(fields["types"]);
    read_heads(fields["heads"], fields["missing"], meta);
    fields.finish();
    return meta;
}

std::string record_meta_text(const RecordMeta& meta) {
    Json positions = Json::array();
    for (const RecordedSite& position : meta.positions) {
        positions.push_back({{"member", position.member},
                             {"site", position.site},
                             {"name", position.name},
                             {"macs", position.macs}});
        if (position.gate) positions.back()["gate"] = *position.gate;
    }
    Json heads = Json::array();
    std::set<std::pair<int, int>> places;
    for (const RecordHead& head : meta.heads) {
        places.emplace(head.position, head.type);
        if (head.type == RecordHead::kFinal) continue;
        heads.push_back({{"position", head.position}, {"type", meta.type_name(head)}, {"macs", head.macs}});
    }
    Json missing = Json::array();
    for (int position = 0; position < static_cast<int>(meta.final_position()); ++position)
        for (int type = 0; type < static_cast<int>(meta.types.size()); ++type)
            if (places.count({position, type}) == 0)
                missing.push_back(
                    {{"position", position}, {"type", meta.types[static_cast<std::size_t>(type)]}});
    Json text = {{"schema", kSchema},
                 {"model_digest", meta.model_digest},
                 {"preprocess_digest", meta.preprocess_digest},
                 {"plan_digest", meta.plan_digest},
                 {"precision", meta.precision},
                 {"classes", meta.classes},
                 {"pictures", {{"count", meta.image_count}, {"digest", meta.images_digest}}},
                 {"shard", {{"index", meta.shard}, {"of", meta.shards}}},
                 {"positions", positions},
                 {"types", meta.types},
                 {"heads", heads},
                 {"missing", missing}};
    if (meta.has_gates()) {
        text["schema"] = kSchemaWithFeatures;
        text["features"] = Json::array({kPaid});
    }
    return canonical_text(text);
}

std::optional<std::size_t> paid_misfit(const RecordMeta& meta, std::span<const std::int64_t> paid) {
    bool begins = true;
    for (std::size_t p = 0; p < paid.size(); ++p) {
        const std::int64_t stage = meta.positions[p].macs - (begins ? 0 : meta.positions[p - 1].macs);
        const std::int64_t before = begins ? 0 : paid[p - 1];
        const auto gate = begins ? std::nullopt : meta.positions[p - 1].gate;
        const std::int64_t least = gate ? before : before + stage;
        if (paid[p] < least || paid[p] > before + stage + gate.value_or(0)) return p;
        begins = meta.positions[p].site < 0;
    }
    return std::nullopt;
}

RecordMeta describe_exits(const std::vector<ExitSite>& positions) {
    RecordMeta meta;
    for (const ExitSite& position : positions) {
        const int index = static_cast<int>(meta.positions.size());
        meta.positions.push_back({position.member, position.site, position.name, position.macs});
        if (position.gate) meta.positions.back().gate = position.gate->macs;
        if (&position == &positions.back()) break;
        for (const ExitSite::Head& head : position.heads) {
            auto type = std::find(meta.types.begin(), meta.types.end(), head.type);
            if (type == meta.types.end()) type = meta.types.insert(type, head.type);
            meta.heads.push_back({index, static_cast<int>(type - meta.types.begin()), head.macs});
        }
    }
    std::sort(meta.heads.begin(), meta.heads.end(), [](const RecordHead& a, const RecordHead& b) {
        return std::pair(a.position, a.type) < std::pair(b.position, b.type);
    });
    meta.heads.push_back({static_cast<int>(meta.final_position()), RecordHead::kFinal, 0});
    return meta;
}

}  // namespace dyce
