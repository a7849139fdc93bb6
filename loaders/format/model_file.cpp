#include "loaders/format/model_file.h"

#include "loaders/format/graph_json.h"
#include "loaders/format/preprocess_json.h"
#include "loaders/format/text.h"
#include "loaders/format/within.h"
#include "runtime/core/digest.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>

namespace dyce {
namespace {

constexpr const char* kFormat = "dyce.model/1";
constexpr const char* kFormatKey = "dyce.format";
constexpr const char* kGraphKey = "dyce.graph";
constexpr const char* kPreprocessKey = "dyce.preprocess";
constexpr const char* kLabelsKey = "dyce.labels";
constexpr const char* kDigestKey = "dyce.digest";
constexpr std::string_view kOurKeys = "dyce.";

[[noreturn]] void fail(const std::string& where, const std::string& message) {
    throw Error(ErrorCode::kContent, where, message);
}

// What the digest is made of, for a tensor in memory and for one in a file.
struct StoredTensor {
    std::string_view dtype;
    Shape shape;
    std::span<const std::byte> bytes;
};

std::string digest_of(const std::string& graph, const std::map<std::string, StoredTensor>& tensors) {
    Digest digest;
    digest.add(graph);
    digest.add("");  // the exit table, which no model has yet
    for (const auto& [name, tensor] : tensors) {
        digest.add(name);
        digest.add(tensor.dtype);
        digest.add(canonical_text(std::vector<std::int64_t>(tensor.shape.begin(), tensor.shape.end())));
        digest.add(tensor.bytes);
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

void check_weights(const Graph& graph) {
    for (const Value& value : graph.values)
        if (value.constant && value.constant->dtype() == DataType::kFloat32 && !is_finite(*value.constant))
            fail("tensor " + in_quotes(value.name), "holds an infinity or a NaN; weights must be finite");
}

// The network must take what the recipe makes.
void check_input(const ModelData& model) {
    const Shape expected{1, 3, model.preprocess.height, model.preprocess.width};
    if (model.graph.inputs.size() != 1)
        fail(kGraphKey, std::to_string(model.graph.inputs.size()) + " inputs, expected 1");
    const TensorType& type = model.graph.inputs[0].type;
    if (type.dtype != DataType::kFloat32 || type.shape != expected)
        fail(kGraphKey, std::string("the input is ") + name_of(type.dtype) + " " + type.shape.to_string() +
                            ", preprocessing makes float32 " + expected.to_string());
}

int count_classes(const Graph& graph, std::int64_t limit) {
    const ValueId logits = graph.outputs[0];
    const TensorType type = infer_types(graph)[static_cast<std::size_t>(logits)];
    if (type.dtype != DataType::kFloat32)
        fail(kGraphKey,
             std::string("the first output is ") + name_of(type.dtype) + ", expected float32 logits");
    const std::int64_t classes = type.shape.elements();
    if (classes == 0) fail(kGraphKey, "the first output has no elements, expected one for each class");
    if (classes > limit)
        throw Error(ErrorCode::kResource, kGraphKey,
                    std::to_string(classes) + " classes, the limit is " + std::to_string(limit));
    return static_cast<int>(classes);
}

void check_labels(const ModelData& model) {
    if (!model.labels.empty() && model.labels.size() != static_cast<std::size_t>(model.classes))
        fail(kLabelsKey, std::to_string(model.labels.size()) + " labels for " +
                             std::to_string(model.classes) + " classes");
    const auto bad = std::find_if_not(model.labels.begin(), model.labels.end(), is_printable_utf8);
    if (bad != model.labels.end()) fail(kLabelsKey, in_quotes(*bad) + " is not printable UTF-8");
}

// Checks a model as a whole, and fills in what follows from the rest.
void complete(ModelData& model, const GraphLimits& limits) {
    within(kGraphKey, [&] { verify(model.graph, limits); });
    check_input(model);
    check_weights(model.graph);
    model.classes = count_classes(model.graph, limits.classes);
    model.macs = count_macs(model.graph);
    check_labels(model);
}

void check_keys(const Safetensors& file) {
    const auto& metadata = file.metadata();
    const auto format = metadata.find(kFormatKey);
    if (format == metadata.end())
        fail(file.path(), std::string("is not a dyce model: its metadata lack ") + kFormatKey +
                              "; weights alone are made into one by: dyce convert FILE --arch NAME");
    if (format->second != kFormat)
        fail(file.path() + ": " + kFormatKey,
             "found " + in_quotes(format->second) + ", this version of dyce reads " + kFormat);
    constexpr const char* kKeys[] = {kDigestKey, kFormatKey, kGraphKey, kLabelsKey, kPreprocessKey};
    for (const auto& [key, text] : metadata)
        if (key.starts_with(kOurKeys) &&
            std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
            fail(file.path(), "unknown metadata key " + in_quotes(key) + ", a newer dyce may read it");
}

const std::string& text_of(const Safetensors& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) fail(file.path(), "the metadata lack " + key);
    return found->second;
}

Json parse_key(const Safetensors& file, const std::string& key) {
    return parse_json(text_of(file, key), file.path() + ": " + key);
}

GraphDocument read_graph(const Safetensors& file, const GraphLimits& limits) {
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, entry] : file.entries()) tensors.emplace(name, file.tensor(name));
    return graph_from_text(text_of(file, kGraphKey), file.path() + ": " + kGraphKey, tensors, limits.nodes);
}

void check_digest(const Safetensors& file, const std::string& name, const std::string& actual) {
    const Json digests = parse_key(file, kDigestKey);
    const JsonField field(digests, file.path() + ": " + kDigestKey);
    const JsonField stored = JsonFields(field)[name];
    if (stored.text() != actual)
        stored.fail("'" + actual + "' by the content of the file: it was changed or damaged");
}

}  // namespace

std::shared_ptr<const ModelData> load_model(const std::string& path, const ModelLimits& limits) {
    const Safetensors file = Safetensors::open(path, limits.container);
    check_keys(file);
    auto model = std::make_shared<ModelData>();

    const Json preprocess = parse_key(file, kPreprocessKey);
    model->preprocess = preprocess_from_json({preprocess, path + ": " + kPreprocessKey});
    model->preprocess_digest = digest_of(canonical_text(preprocess));

    GraphDocument document = read_graph(file, limits.graph);
    const std::string graph_text = graph_to_text(document);
    model->architecture = document.architecture;
    model->parameters = document.parameters;
    model->graph = std::move(document.graph);
    if (file.metadata().count(kLabelsKey) != 0)
        model->labels = JsonField(parse_key(file, kLabelsKey), path + ": " + kLabelsKey).texts();
    within(path, [&] { complete(*model, limits.graph); });

    std::map<std::string, StoredTensor> tensors;
    for (const auto& [name, entry] : file.entries())
        tensors.emplace(name, StoredTensor{entry.element->safetensors, entry.shape, file.bytes(entry)});
    model->digest = digest_of(graph_text, tensors);
    check_digest(file, "model", model->digest);
    check_digest(file, "preprocess", model->preprocess_digest);
    return model;
}

void save_model(const std::string& path, const ModelData& model) {
    ModelData checked = model;
    validate(model.preprocess, kPreprocessKey);
    complete(checked, {});

    std::map<std::string, Tensor> tensors;
    std::map<std::string, StoredTensor> stored;
    const std::vector<int> uses = count_uses(model.graph);
    for (std::size_t i = 0; i < uses.size(); ++i) {
        const Value& value = model.graph.values[i];
        if (!value.constant || uses[i] == 0) continue;
        const Tensor& tensor = *value.constant;
        tensors.emplace(value.name, tensor);
        stored.emplace(value.name,
                       StoredTensor{element_of(tensor.dtype()).safetensors,
                                    tensor.shape(),
                                    {static_cast<const std::byte*>(tensor.bytes()), tensor.byte_size()}});
    }
    const std::string graph_text = graph_to_text({model.architecture, model.parameters, model.graph});
    const std::string preprocess_text = canonical_text(preprocess_to_json(model.preprocess));
    const Json digests = {{"model", digest_of(graph_text, stored)},
                          {"preprocess", digest_of(preprocess_text)}};

    std::map<std::string, std::string> metadata = {{kFormatKey, kFormat},
                                                   {kGraphKey, graph_text},
                                                   {kPreprocessKey, preprocess_text},
                                                   {kDigestKey, canonical_text(digests)}};
    if (!model.labels.empty()) metadata[kLabelsKey] = canonical_text(model.labels);
    write_safetensors(path, metadata, tensors);
}

}  // namespace dyce
