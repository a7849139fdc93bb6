#include "runtime/session/sample_inputs.h"

#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace dyce {
namespace {

// The one input of a model, as long as graphs have one and recipes are for images.
constexpr const char* kModelInput = "image";

[[noreturn]] void refuse_input(const std::string& name, const std::string& message) {
    throw Error(ErrorCode::kUsage, "input " + in_quotes(name), message);
}

bool prepares_alike(const ModelData& model) {
    return std::all_of(model.members.begin(), model.members.end(),
                       [&](const Member& member) { return member.preprocess == model.last().preprocess; });
}

void check_tensor(const ModelData& model, const std::string& name, const Tensor& tensor) {
    const Shape row = model.last().preprocess.shape();
    const Shape batch{1, row[0], row[1], row[2]};
    const bool fits = tensor.shape() == row || tensor.shape() == batch;
    if (tensor.dtype() != DataType::kFloat32 || !fits || tensor.bytes() == nullptr)
        refuse_input(name, std::string(name_of(tensor.dtype())) + " " + tensor.shape().to_string() +
                               " given, expected float32 " + row.to_string() + " or " + batch.to_string());
    if (!prepares_alike(model))
        refuse_input(
            name,
            "a tensor given, but each member of this cascade prepares images in its own way; give an "
            "image");
}

}  // namespace

void check_sample(const ModelData& model, const Sample& sample) {
    for (const Sample::Input& input : sample.inputs())
        if (input.name != kModelInput)
            refuse_input(input.name, std::string("the model has no such input, it reads ") + kModelInput);
    if (sample.inputs().empty())
        throw Error(ErrorCode::kUsage, "sample", std::string("has no input, the model reads ") + kModelInput);
    const auto& [name, value] = sample.inputs().front();
    if (std::holds_alternative<Text>(value)) refuse_input(name, "text given, the model reads an image there");
    if (const Tensor* tensor = std::get_if<Tensor>(&value)) check_tensor(model, name, *tensor);
}

void copy_prepared(const Tensor& tensor, std::span<float> image) {
    const std::span numbers(tensor.data<float>(), image.size());
    const auto bad =
        std::find_if_not(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
    if (bad != numbers.end())
        throw Error(ErrorCode::kContent, "input " + in_quotes(kModelInput),
                    "value " + std::to_string(bad - numbers.begin()) + " is not finite");
    std::copy(numbers.begin(), numbers.end(), image.begin());
}

}  // namespace dyce
