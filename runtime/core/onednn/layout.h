// Memory layouts: construction, comparison and names. Stateless.
#pragma once

#include <dyce/tensor.h>

#include <oneapi/dnnl/dnnl.hpp>

#include <string>
#include <vector>

namespace dyce {

using MemoryDesc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using DescType = dnnl::memory::data_type;

/// Row-major descriptor. float32 and int32 keep their dimensions (a scalar becomes one dimension); other
/// types, which no primitive touches, are described as bytes.
MemoryDesc plain_desc(const TensorType& type);
/// Row-major.
MemoryDesc plain_desc(const Dims& dims, DescType type = DescType::f32);
/// Any layout: the primitive chooses.
MemoryDesc any_desc(const Dims& dims, DescType type = DescType::f32);
/// Channels innermost (N, spatial.., C in memory); rank 3 to 5.
MemoryDesc channels_last_desc(const Dims& dims, DescType type = DescType::f32);
/// The axis order, and the channel blocks, of `model`, which has the same rank; no gaps.
MemoryDesc like(const MemoryDesc& model, const Dims& dims, DescType type = DescType::f32);

DescType type_of(const MemoryDesc& desc);
/// Whether the elements are integers of 8 bits.
bool is_int8(const MemoryDesc& desc);
Dims dims_of(const MemoryDesc& desc);
Dims dims_of(const Shape& shape);
std::size_t byte_size(const MemoryDesc& desc);
/// Whether the elements are exactly in row-major order.
bool is_plain(const MemoryDesc& desc);
/// Axes from the outermost in memory to the innermost; empty when elements lie in blocks or with gaps.
std::vector<std::size_t> memory_order(const MemoryDesc& desc);
/// Bytes of one element of the outermost dimension when those lie one after another; 0 when they do not.
std::size_t row_bytes(const MemoryDesc& desc);
/// Whether one such element is laid out alike in both, whatever their number.
bool same_rows(const MemoryDesc& a, const MemoryDesc& b);
/// The layout, human-readable: axes in memory order, "acdb" = channels last, "aBcd16b" = channels in blocks of 16.
std::string layout_name(const MemoryDesc& desc);

}  // namespace dyce
