#include "loaders/format/model_file.h"

#include "loaders/format/encodings_json.h"
#include "loaders/format/json.h"
#include "loaders/format/member_file.h"
#include "loaders/format/within.h"
#include "runtime/core/digest.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>

namespace dyce {
namespace {

constexpr const char* kFormat = "dyce.model/1";
constexpr const char* kFormatKey = "dyce.format";
constexpr const char* kMembersKey = "dyce.members";
constexpr const char* kLabelsKey = "dyce.labels";
constexpr const char* kConfigurationsKey = "dyce.configurations";
constexpr const char* kDigestKey = "dyce.digest";
constexpr std::string_view kOurKeys = "dyce.";
constexpr std::size_t kMaxMembers = 16;

// A cascade's digest is over its members' in order.
std::string joined_digest(const std::vector<Member>& members, std::string Member::*digest) {
    if (members.size() == 1) return members[0].*digest;
    Digest joined;
    for (const Member& member : members) joined.add(member.*digest);
    return joined.hex();
}

// Checks a model as a whole, and fills in what follows from its members.
void complete(ModelData& model, const GraphLimits& limits) {
    model.digest = joined_digest(model.members, &Member::digest);
    model.preprocess_digest = joined_digest(model.members, &Member::preprocess_digest);
    model.classes = count_classes(model.last(), limits.classes);
    for (const Member& member : model.members)
        if (const int classes = count_classes(member, limits.classes); classes != model.classes)
            fail_content("member " + member.architecture,
                         std::to_string(classes) + " classes, expected the " + std::to_string(model.classes) +
                             " of the last member");
    if (!model.labels.empty() && model.labels.size() != static_cast<std::size_t>(model.classes))
        fail_content(kLabelsKey, std::to_string(model.labels.size()) + " labels for " +
                                     std::to_string(model.classes) + " classes");
    const auto bad = std::find_if_not(model.labels.begin(), model.labels.end(), is_printable_utf8);
    if (bad != model.labels.end()) fail_content(kLabelsKey, in_quotes(*bad) + " is not printable UTF-8");
}

std::size_t count_members(const Safetensors& file) {
    const auto found = file.metadata().find(kMembersKey);
    if (found == file.metadata().end()) return 1;
    std::size_t count = 0;
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size() || count < 2 || count > kMaxMembers)
        fail_content(
            file.path() + ": " + kMembersKey,
            "found " + in_quotes(text) + ", expected a number of 2 to " + std::to_string(kMaxMembers));
    return count;
}

void check_format(const Safetensors& file) {
    const auto& metadata = file.metadata();
    const auto format = metadata.find(kFormatKey);
    if (format == metadata.end())
        fail_content(file.path(), std::string("is not a dyce model: its metadata lack ") + kFormatKey +
                                      "; weights alone are made into one by: dyce convert FILE --arch NAME");
    if (format->second != kFormat)
        fail_content(file.path() + ": " + kFormatKey,
                     "found " + in_quotes(format->second) + ", this version of dyce reads " + kFormat);
}

// Every tensor belongs to a member, encoded ones and their parts, too.
void check_owners(const DecodedTensors& decoded, const Safetensors& file, std::size_t members) {
    const auto check = [&](const std::string& name) {
        for (std::size_t m = 0; m < members; ++m)
            if (name.starts_with(MemberNames(m, members).prefix)) return;
        fail_content(file.path(), "tensor " + in_quotes(name) + " belongs to no member");
    };
    for (const auto& entry : file.entries()) check(entry.first);
    for (const auto& tensor : decoded.tensors) check(tensor.first);
}

void check_names(const Safetensors& file, std::size_t members) {
    std::vector<std::string> keys = {kDigestKey,  kFormatKey,         kLabelsKey,
                                     kMembersKey, kConfigurationsKey, kTensorsKey};
    for (std::size_t m = 0; m < members; ++m) {
        const MemberNames names(m, members);
        for (const char* key : {kGraphKey, kExitsKey, kVariantKey, kOutputsKey, kPreprocessKey})
            keys.push_back(key + names.suffix);
    }
    for (const auto& [key, text] : file.metadata()) {
        if (!key.starts_with(kOurKeys) || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
        if (key == kVariantKey || key.starts_with(std::string(kVariantKey) + "."))
            fail_content(file.path() + ": " + key,
                         "is about a member that is not there, the file holds " + std::to_string(members));
        fail_content(file.path(), "unknown metadata key " + in_quotes(key) + ", a newer dyce may read it");
    }
}

void check_digest(const JsonField& digests, const std::string& name, const std::string& actual) {
    const JsonField stored = JsonFields(digests)[name];
    if (stored.text() != actual)
        stored.fail("'" + actual + "' by the content of the file: it was changed or damaged");
}

}  // namespace

std::vector<ExitSite> ModelData::positions() const {
    std::vector<ExitNetwork> networks;
    for (const Member& member : members)
        networks.push_back({&member.graph, &member.exits, member.macs, member.gate_threshold});
    return list_sites(networks);
}

std::shared_ptr<const ModelData> load_model(const std::string& path, const ModelLimits& limits) {
    return load_model(Safetensors::open(path, limits.container), limits);
}

std::shared_ptr<const ModelData> load_model(const Safetensors& file, const ModelLimits& limits) {
    const std::string& path = file.path();
    check_format(file);
    const std::size_t members = count_members(file);
    check_names(file, members);
    auto model = std::make_shared<ModelData>();
    model->mapping = file.mapping();
    const DecodedTensors decoded = decode_tensors(file, limits.decoding);
    check_owners(decoded, file, members);
    for (std::size_t m = 0; m < members; ++m)
        model->members.push_back(read_member(file, decoded, MemberNames(m, members), limits));
    const auto& metadata = file.metadata();
    if (const auto labels = metadata.find(kLabelsKey); labels != metadata.end())
        model->labels =
            JsonField(parse_json(labels->second, path + ": " + kLabelsKey), path + ": " + kLabelsKey).texts();
    within(path, [&] { complete(*model, limits.graph); });
    const auto digest = metadata.find(kDigestKey);
    if (digest == metadata.end()) fail_content(path, std::string("the metadata lack ") + kDigestKey);
    const Json digests = parse_json(digest->second, path + ": " + kDigestKey);
    const JsonField field(digests, path + ": " + kDigestKey);
    check_digest(field, "model", model->digest);
    check_digest(field, "preprocess", model->preprocess_digest);
    if (const auto set = metadata.find(kConfigurationsKey); set != metadata.end())
        model->configurations = ConfigurationSet::parse(set->second, path + ": " + kConfigurationsKey);
    return model;
}

namespace {

// All that goes into the file.
struct ModelContent {
    std::map<std::string, std::string> metadata = {{kFormatKey, kFormat}};
    StoredTensors stored;
};

ModelContent content_of(ModelData model) {
    ModelContent content;
    auto& [metadata, stored] = content;
    const std::size_t members = model.members.size();
    if (members > kMaxMembers)
        throw Error(ErrorCode::kResource, kMembersKey,
                    std::to_string(members) + " members, the limit is " + std::to_string(kMaxMembers));
    for (std::size_t m = 0; m < members; ++m) write_member(model.members, m, metadata, stored);
    complete(model, {});
    metadata[kDigestKey] = canonical_text({{"model", model.digest}, {"preprocess", model.preprocess_digest}});
    if (members > 1) metadata[kMembersKey] = std::to_string(members);
    if (!model.labels.empty()) metadata[kLabelsKey] = canonical_text(model.labels);
    if (model.configurations) metadata[kConfigurationsKey] = model.configurations->text();
    if (!stored.encodings.empty()) metadata[kTensorsKey] = encodings_to_text(stored.encodings);
    return content;
}

}  // namespace

ContainerSize size_of_model(const ModelData& model) {
    const ModelContent content = content_of(model);
    return size_of_safetensors(content.metadata, content.stored.tensors, content.stored.types);
}

void save_model(const std::string& path, const ModelData& model) {
    const ModelContent content = content_of(model);
    write_safetensors(path, content.metadata, content.stored.tensors, content.stored.types);
}

}  // namespace dyce
