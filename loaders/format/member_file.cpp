#include "loaders/format/member_file.h"

#include "graph/verify.h"
#include "loaders/format/exits_json.h"
#include "loaders/format/graph_json.h"
#include "loaders/format/json.h"
#include "loaders/format/outputs_json.h"
#include "loaders/format/preprocess_json.h"
#include "loaders/format/shared_tensors.h"
#include "loaders/format/storage.h"
#include "loaders/format/variant_json.h"
#include "loaders/format/within.h"
#include "runtime/core/digest.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <cstring>

namespace dyce {

const char* const kGraphKey = "dyce.graph";
const char* const kExitsKey = "dyce.exits";
const char* const kVariantKey = "dyce.variant";
const char* const kOutputsKey = "dyce.outputs";
const char* const kPreprocessKey = "dyce.preprocess";

namespace {

std::span<const std::byte> bytes_of(const Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.bytes()), tensor.byte_size()};
}

// Where all weights are read, those of a mapped file are given back one by one: a large model shall not be in
// memory twice when it is packed.

/// The texts of a member that its digest is about.
struct MemberTexts {
    std::string graph, exits;
    std::string variant, outputs;  ///< empty: no field of the digest
};

std::string digest_of(const MemberTexts& texts, const std::map<std::string, Tensor>& tensors,
                      const FileMapping* mapping) {
    Digest digest;
    digest.add(texts.graph);
    digest.add(texts.exits);
    for (const std::string& text : {texts.variant, texts.outputs})
        if (!text.empty()) digest.add(text);
    for (const auto& [name, tensor] : tensors) {
        digest.add(name);
        const Shape& shape = tensor.shape();
        digest.add(element_of(tensor.dtype()).safetensors);
        digest.add(canonical_text(std::vector<std::int64_t>(shape.begin(), shape.end())));
        digest.add(bytes_of(tensor));
        if (mapping != nullptr) mapping->release(bytes_of(tensor));
    }
    return digest.hex();
}

std::string digest_of(const std::string& preprocess) {
    Digest digest;
    digest.add(preprocess);
    return digest.hex();
}

bool is_finite(const Tensor& tensor) {
    constexpr std::uint32_t kExponent = 0x7f800000;  // all ones in infinities and NaNs only
    const float* values = tensor.data<float>();
    const std::int64_t count = tensor.elements();
    bool finite = true;
    for (std::int64_t i = 0; i < count; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, values + i, sizeof bits);
        finite &= (bits & kExponent) != kExponent;
    }
    return finite;
}

void check_weights(const Graph& graph, const FileMapping* mapping) {
    for (const Value& value : graph.values) {
        if (!value.constant || value.constant->dtype() != DataType::kFloat32) continue;
        if (!is_finite(*value.constant))
            fail_content("tensor " + in_quotes(value.name),
                         "holds an infinity or a NaN; weights must be finite");
        if (mapping != nullptr) mapping->release(bytes_of(*value.constant));
    }
}

// The network must take what the recipe makes.
void check_input(const Member& member) {
    const Preprocess& recipe = member.preprocess;
    const Shape expected{1, recipe.channels, recipe.height, recipe.width};
    if (member.graph.inputs.size() != 1)
        fail_content(kGraphKey, std::to_string(member.graph.inputs.size()) + " inputs, expected 1");
    const TensorType& type = member.graph.inputs[0].type;
    if (type.dtype != DataType::kFloat32 || type.shape != expected)
        fail_content(kGraphKey, std::string("the input is ") + name_of(type.dtype) + " " +
                                    type.shape.to_string() + ", preprocessing makes float32 " +
                                    expected.to_string());
}

// Checks a network, and counts its multiply-adds.
void complete(Member& member, const GraphLimits& limits, const FileMapping* mapping) {
    within(kGraphKey, [&] { verify(member.graph, limits); });
    check_input(member);
    check_weights(member.graph, mapping);
    count_classes(member, limits.classes);
    Graph backbone = member.graph;
    const auto needed = find_needed_nodes(backbone, backbone.outputs[0]);
    backbone.nodes.clear();
    for (std::size_t n = 0; n < needed.size(); ++n)
        if (needed[n]) backbone.nodes.push_back(member.graph.nodes[n]);
    backbone.outputs.resize(1);
    member.macs = count_macs(backbone);
}

const std::string& text_of(const Safetensors& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) fail_content(file.path(), "the metadata lack " + key);
    return found->second;
}

std::string optional_text(const Safetensors& file, const std::string& key) {
    return file.metadata().count(key) != 0 ? text_of(file, key) : "";
}

// The member's tensors by their own names, and how the file holds them.
std::map<std::string, Tensor> take_member(const Safetensors& file, const DecodedTensors& decoded,
                                          const std::string& prefix, Member& member) {
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, tensor] : decoded.tensors) {
        if (!name.starts_with(prefix)) continue;
        const std::string own = name.substr(prefix.size());
        tensors.emplace(own, tensor);
        auto storage = decoded.storage.find(name);
        std::string holder = name;
        if (storage != decoded.storage.end() && !storage->second.of.empty()) {
            holder = storage->second.of;
            if (!holder.starts_with(prefix)) storage = decoded.storage.find(holder);  // another member's
        }
        const auto entry = file.entries().find(holder);
        if (entry != file.entries().end() && entry->second.element->safetensors == "BF16" &&
            is_weight(tensor))
            member.storage = Precision::kBfloat16;
        if (storage == decoded.storage.end()) continue;
        member.storages[own] = storage->second;
        if (const std::string& of = storage->second.of; !of.empty())
            member.storages[own].of = of.substr(prefix.size());
    }
    return tensors;
}

}  // namespace

MemberNames::MemberNames(std::size_t index, std::size_t count)
    : suffix(count == 1 ? "" : "." + std::to_string(index)),
      prefix(count == 1 ? "" : std::to_string(index) + "/") {}

int count_classes(const Member& member, std::int64_t limit) {
    const ValueId logits = member.graph.outputs[0];
    const TensorType type = infer_types(member.graph)[static_cast<std::size_t>(logits)];
    if (type.dtype != DataType::kFloat32)
        fail_content(kGraphKey,
                     std::string("the first output is ") + name_of(type.dtype) + ", expected float32 logits");
    const std::int64_t classes = type.shape.elements();
    if (classes == 0)
        fail_content(kGraphKey, "the first output has no elements, expected one for each class");
    if (classes > limit)
        throw Error(ErrorCode::kResource, kGraphKey,
                    std::to_string(classes) + " classes, the limit is " + std::to_string(limit));
    return static_cast<int>(classes);
}

Member read_member(const Safetensors& file, const DecodedTensors& decoded, const MemberNames& names,
                   const ModelLimits& limits) {
    Member member;
    const std::string& path = file.path();
    const std::string preprocess_key = kPreprocessKey + names.suffix;
    const Json preprocess = parse_json(text_of(file, preprocess_key), path + ": " + preprocess_key);
    member.preprocess = preprocess_from_json({preprocess, path + ": " + preprocess_key});
    member.preprocess_digest = digest_of(canonical_text(preprocess));

    const std::map<std::string, Tensor> tensors = take_member(file, decoded, names.prefix, member);
    const std::string graph_key = kGraphKey + names.suffix;
    GraphDocument document =
        graph_from_text(text_of(file, graph_key), path + ": " + graph_key, tensors, limits.graph.nodes);
    const std::string graph_text = graph_to_text(document);
    member.architecture = document.architecture;
    member.parameters = document.parameters;
    member.graph = std::move(document.graph);
    const FileMapping* mapping = file.mapping().get();
    within(path, [&] { complete(member, limits.graph, mapping); });

    const std::string exits_key = kExitsKey + names.suffix;
    member.exits = exits_from_text(optional_text(file, exits_key), path + ": " + exits_key, member.graph);
    const std::string variant_key = kVariantKey + names.suffix;
    member.gate_threshold =
        gate_threshold_from_text(optional_text(file, variant_key), path + ": " + variant_key, member.exits);
    const std::string outputs_key = kOutputsKey + names.suffix;
    member.activation =
        outputs_from_text(optional_text(file, outputs_key), path + ": " + outputs_key, member.graph);
    member.digest = digest_of({graph_text, exits_to_text(member.graph, member.exits),
                               variant_to_text(member.exits, member.gate_threshold),
                               outputs_to_text(member.graph, member.activation)},
                              tensors, mapping);
    return member;
}

void write_member(std::vector<Member>& members, std::size_t at, std::map<std::string, std::string>& metadata,
                  StoredTensors& stored) {
    Member& member = members[at];
    const MemberNames names(at, members.size());
    validate(member.preprocess, kPreprocessKey);
    if (member.storage == Precision::kBfloat16) round_weights(member.graph);
    complete(member, {}, nullptr);
    complete_heads(member.graph, member.exits);

    std::map<std::string, Tensor> tensors;
    const std::vector<int> uses = count_uses(member.graph);
    for (std::size_t i = 0; i < uses.size(); ++i) {
        const Value& value = member.graph.values[i];
        if (!value.constant || uses[i] == 0) continue;
        tensors.emplace(value.name, *value.constant);
    }
    encode_tensors(tensors, member.storages, member.storage, names.prefix, stored,
                   find_shared(members, at, tensors, stored));
    const std::string graph_text = graph_to_text({member.architecture, member.parameters, member.graph});
    const std::string exits_text = exits_to_text(member.graph, member.exits);
    const std::string variant_text = variant_to_text(member.exits, member.gate_threshold);
    const std::string outputs_text = outputs_to_text(member.graph, member.activation);
    const std::string preprocess_text = canonical_text(preprocess_to_json(member.preprocess));
    metadata[kGraphKey + names.suffix] = graph_text;
    if (!exits_text.empty()) metadata[kExitsKey + names.suffix] = exits_text;
    if (!variant_text.empty()) metadata[kVariantKey + names.suffix] = variant_text;
    if (!outputs_text.empty()) metadata[kOutputsKey + names.suffix] = outputs_text;
    metadata[kPreprocessKey + names.suffix] = preprocess_text;
    member.digest = digest_of({graph_text, exits_text, variant_text, outputs_text}, tensors, nullptr);
    member.preprocess_digest = digest_of(preprocess_text);
}

}  // namespace dyce
