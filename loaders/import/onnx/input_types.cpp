#include "loaders/import/onnx/input_types.h"

#include "runtime/core/checked.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

std::string where(const OnnxModel& model, const std::string& name) {
    return model.path + ": graph input " + in_quotes(name);
}

[[noreturn]] void refuse(const OnnxModel& model, const OnnxInput& input, const std::string& message) {
    throw Error(ErrorCode::kUsage, where(model, input.name), message);
}

// "?x3x32x32" for an open first dimension.
std::string to_text(const Shape& shape) {
    std::string text;
    for (std::int64_t dim : shape) text += (text.empty() ? "" : "x") + (dim < 0 ? "?" : std::to_string(dim));
    return text;
}

bool is_open(const Shape& shape) {
    return shape.rank() == 0 || std::any_of(shape.begin(), shape.end(), [](std::int64_t d) { return d < 0; });
}

// The declared shape with the caller's dimensions; those after the first are known then.
Shape completed(const OnnxModel& model, const OnnxInput& input, const OnnxOptions& options) {
    const Shape& declared = input.type.shape;
    const std::vector<std::int64_t>& given = options.input_shape;
    const int first = options.batched ? 1 : 0;
    if (given.empty() || (!options.batched && !is_open(declared))) return declared;

    const int rank = first + static_cast<int>(given.size());
    Shape shape = declared;
    if (shape.rank() == 0)
        for (int i = 0; i < rank; ++i) shape.push_back(-1);
    if (shape.rank() != rank)
        refuse(model, input,
               "is " + to_text(declared) + ", " + std::to_string(given.size()) +
                   " dimensions do not complete it");
    for (int i = first; i < rank; ++i) {
        const std::int64_t dim = given[static_cast<std::size_t>(i - first)];
        if (dim < 1 || (shape[i] >= 0 && shape[i] != dim))
            refuse(
                model, input,
                "is " + to_text(declared) + ", a dimension of " + std::to_string(dim) + " does not fit it");
        shape[i] = dim;
    }
    return shape;
}

}  // namespace

std::optional<std::int64_t> fixed_batch(const OnnxModel& model, const OnnxOptions& options) {
    for (const OnnxInput& input : model.inputs) {
        const Shape& shape = input.type.shape;
        if (options.bindings.count(input.name) == 0 && shape.rank() > 0 && shape[0] >= 0) return shape[0];
    }
    return std::nullopt;
}

TensorType input_type(const OnnxModel& model, const OnnxInput& input, const OnnxOptions& options,
                      std::int64_t batch) {
    const bool is_byte = options.accept_bytes && input.type.dtype == DataType::kUint8;
    if (input.type.dtype != DataType::kFloat32 && !is_byte)
        throw Error(ErrorCode::kContent, where(model, input.name),
                    std::string("is ") + name_of(input.type.dtype) +
                        "; an input must be float32, unless it is bound to a constant");
    Shape shape = completed(model, input, options);
    if (options.batched && shape.rank() > 0 && shape[0] < 0) shape[0] = batch;
    if (shape.rank() == 0 ? options.batched : is_open(shape))
        refuse(model, input,
               "is " + (shape.rank() == 0 ? "of unknown shape" : to_text(shape)) +
                   "; the file leaves dimensions open, give the shape (--input 3x224x224)");
    std::int64_t bytes = sizeof(float);
    for (std::int64_t dim : shape)
        if (!checked_multiply(bytes, dim, &bytes))
            throw Error(ErrorCode::kContent, where(model, input.name),
                        "the size of " + shape.to_string() + " overflows");
    return {DataType::kFloat32, shape};
}

void check_bindings(const OnnxModel& model, const OnnxOptions& options) {
    for (const auto& [name, value] : options.bindings) {
        const auto same_name = [&name = name](const OnnxInput& input) { return input.name == name; };
        const auto input = std::find_if(model.inputs.begin(), model.inputs.end(), same_name);
        if (input == model.inputs.end())
            throw Error(ErrorCode::kUsage, where(model, name), "is not there to be bound");
        const Shape& declared = input->type.shape;
        bool fits = value.dtype() == input->type.dtype;
        if (declared.rank() > 0) {
            fits = fits && declared.rank() == value.shape().rank();
            for (int i = 0; fits && i < declared.rank(); ++i)
                fits = declared[i] < 0 || declared[i] == value.shape()[i];
        }
        if (!fits)
            refuse(model, *input,
                   std::string("is ") + name_of(input->type.dtype) + " " + to_text(declared) + ", bound to " +
                       name_of(value.dtype()) + " " + value.shape().to_string());
    }
}

}  // namespace dyce
