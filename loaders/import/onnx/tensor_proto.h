// Tensors as ONNX stores them. Stateless.
#pragma once

#include "loaders/import/onnx/graph_writer.h"

#include <dyce/tensor.h>

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>

namespace dyce {

/// "float16", "string", ...: an element type's name for messages.
std::string onnx_type_name(int type);

/// Whether dyce has the element type itself.
bool is_supported_type(int type);

/// Whether it is float32 or becomes that: float16, bfloat16, double.
bool is_real_type(int type);
/// ONNX's number for float32.
int onnx_float32_type();

/// What integers of the element type may be, of 4 to 16 bits; nothing for other types.
std::optional<IntegerRange> range_of_integers(int type);

/// The element type of a graph input. Throws Error{kContent} at `where` when dyce has none.
DataType decode_type(int type, const std::string& where);

/// The tensor's values; float16, bfloat16 and double become float32, int4 int32, uint4 uint8. `folder` holds external data, `where`
/// names the tensor. Throws Error{kContent} for other element types, dimensions that are negative or
/// overflow, and stored values that do not fill the shape; Error{kResource} for more than 2^30 elements of four
/// bits; Error{kIo} for a missing side file.
Tensor decode_tensor(const onnx::TensorProto& proto, const std::string& folder, const std::string& where);

/// The folder of `path`, as decode_tensor() wants it.
std::string folder_of(const std::string& path);

}  // namespace dyce
