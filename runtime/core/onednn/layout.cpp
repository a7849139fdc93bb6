#include "runtime/core/onednn/layout.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace dyce {
namespace {

using dnnl::memory;

Dims row_major_strides(const Dims& dims) {
    Dims strides(dims.size(), 1);
    for (std::size_t i = dims.size(); i-- > 1;)
        strides[i - 1] = strides[i] * std::max<std::int64_t>(dims[i], 1);
    return strides;
}

struct Blocking {
    Dims strides, padded_dims;
    std::vector<std::int64_t> blocks, axes;  // inner blocks, outermost first
};

Blocking blocking_of(const MemoryDesc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    return {desc.get_strides(), desc.get_padded_dims(), desc.get_inner_blks(), desc.get_inner_idxs()};
#else
    const auto& data = desc.data;
    const auto& blocking = data.format_desc.blocking;
    return {{blocking.strides, blocking.strides + data.ndims},
            {data.padded_dims, data.padded_dims + data.ndims},
            {blocking.inner_blks, blocking.inner_blks + blocking.inner_nblks},
            {blocking.inner_idxs, blocking.inner_idxs + blocking.inner_nblks}};
#endif
}

std::size_t element_size(const MemoryDesc& desc) { return memory::data_type_size(type_of(desc)); }

bool is_strided(const MemoryDesc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    return desc.get_format_kind() == memory::format_kind::blocked;
#else
    return desc.data.format_kind == dnnl_blocked;
#endif
}

// Axes from the outermost in memory to the innermost. An axis of size 1, whose stride means nothing, keeps
// its place behind the axis before it.
std::vector<std::size_t> memory_order(const Dims& dims, const Dims& strides) {
    std::vector<std::size_t> order;
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
        if (dims[axis] != 1) order.push_back(axis);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return strides[a] > strides[b]; });
    for (std::size_t axis = 0; axis < dims.size(); ++axis)
        if (dims[axis] == 1) {
            const auto before =
                axis == 0 ? order.begin() : std::find(order.begin(), order.end(), axis - 1) + 1;
            order.insert(before, axis);
        }
    return order;
}

// The layout with channels in one block, outer axes in their natural order; undef when oneDNN names none.
memory::format_tag channel_blocked_tag(std::size_t rank, std::int64_t block) {
    using Tag = memory::format_tag;
    constexpr Tag kTags[][3] = {{Tag::aBc4b, Tag::aBc8b, Tag::aBc16b},
                                {Tag::aBcd4b, Tag::aBcd8b, Tag::aBcd16b},
                                {Tag::aBcde4b, Tag::aBcde8b, Tag::aBcde16b}};
    if (rank < 3 || rank > 5 || (block != 4 && block != 8 && block != 16)) return Tag::undef;
    return kTags[rank - 3][block == 4 ? 0 : block / 8];
}

}  // namespace

MemoryDesc plain_desc(const Dims& dims, DescType type) {
    return MemoryDesc(dims, type, row_major_strides(dims));
}

MemoryDesc plain_desc(const TensorType& type) {
    const Dims dims = dims_of(type.shape);
    if (type.dtype == DataType::kFloat32) return plain_desc(dims);
    if (type.dtype == DataType::kInt32) return plain_desc(dims, DescType::s32);
    const auto bytes = type.shape.elements() * static_cast<std::int64_t>(size_of(type.dtype));
    return MemoryDesc(Dims{bytes}, memory::data_type::u8, Dims{1});
}

MemoryDesc any_desc(const Dims& dims, DescType type) {
    return MemoryDesc(dims, type, memory::format_tag::any);
}

MemoryDesc channels_last_desc(const Dims& dims, DescType type) {
    Dims order = dims;  // N, spatial.., C
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    Dims strides = row_major_strides(order);
    std::rotate(strides.begin() + 1, strides.end() - 1, strides.end());
    return MemoryDesc(dims, type, strides);
}

MemoryDesc like(const MemoryDesc& model, const Dims& dims, DescType type) {
    if (!is_strided(model)) return plain_desc(dims, type);
    const Blocking blocking = blocking_of(model);
    if (!blocking.blocks.empty()) {
        const auto tag = blocking.axes == std::vector<std::int64_t>{1}
                             ? channel_blocked_tag(dims.size(), blocking.blocks[0])
                             : memory::format_tag::undef;
        return tag == memory::format_tag::undef ? plain_desc(dims, type) : MemoryDesc(dims, type, tag);
    }
    const auto order = memory_order(dims_of(model), blocking.strides);
    Dims strides(dims.size());
    std::int64_t stride = 1;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
        strides[*axis] = stride;
        stride *= std::max<std::int64_t>(dims[*axis], 1);
    }
    return MemoryDesc(dims, type, strides);
}

DescType type_of(const MemoryDesc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    return desc.get_data_type();
#else
    return desc.data_type();
#endif
}

bool is_int8(const MemoryDesc& desc) {
    return type_of(desc) == DescType::s8 || type_of(desc) == DescType::u8;
}

Dims dims_of(const MemoryDesc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    return desc.get_dims();
#else
    return desc.dims();
#endif
}

Dims dims_of(const Shape& shape) {
    if (shape.rank() == 0) return {1};
    return Dims(shape.begin(), shape.end());
}

std::size_t byte_size(const MemoryDesc& desc) { return desc.get_size(); }

bool is_plain(const MemoryDesc& desc) {
    if (!is_strided(desc)) return false;
    const Blocking blocking = blocking_of(desc);
    const Dims dims = dims_of(desc);
    if (!blocking.blocks.empty() || blocking.padded_dims != dims) return false;
    const Dims expected = row_major_strides(dims);
    for (std::size_t i = 0; i < dims.size(); ++i)  // the stride of a dimension of size 1 is never used
        if (dims[i] != 1 && blocking.strides[i] != expected[i]) return false;
    return true;
}

std::vector<std::size_t> memory_order(const MemoryDesc& desc) {
    if (!is_strided(desc)) return {};
    const Blocking blocking = blocking_of(desc);
    const Dims dims = dims_of(desc);
    std::size_t elements = 1;
    for (const std::int64_t dim : dims) elements *= static_cast<std::size_t>(dim);
    if (!blocking.blocks.empty() || byte_size(desc) != elements * element_size(desc)) return {};
    return memory_order(dims, blocking.strides);
}

std::size_t row_bytes(const MemoryDesc& desc) {
    if (!is_strided(desc)) return 0;
    const Blocking blocking = blocking_of(desc);
    const Dims dims = dims_of(desc);
    if (dims.empty() || blocking.padded_dims[0] != dims[0]) return 0;
    if (std::count(blocking.axes.begin(), blocking.axes.end(), 0) > 0) return 0;
    const std::size_t row = byte_size(desc) / static_cast<std::size_t>(std::max<std::int64_t>(dims[0], 1));
    const std::int64_t stride = blocking.strides[0] * static_cast<std::int64_t>(element_size(desc));
    return dims[0] == 1 || static_cast<std::size_t>(stride) == row ? row : 0;
}

bool same_rows(const MemoryDesc& a, const MemoryDesc& b) {
    if (row_bytes(a) == 0 || row_bytes(a) != row_bytes(b) || type_of(a) != type_of(b)) return false;
    const Blocking left = blocking_of(a), right = blocking_of(b);
    if (left.blocks != right.blocks || left.axes != right.axes) return false;
    const Dims dims = dims_of(a), others = dims_of(b);
    for (std::size_t i = 1; i < dims.size(); ++i) {
        if (dims[i] != others[i] || left.padded_dims[i] != right.padded_dims[i]) return false;
        if (dims[i] != 1 && left.strides[i] != right.strides[i]) return false;
    }
    return true;
}

std::string layout_name(const MemoryDesc& desc) {
    if (!is_strided(desc)) return "opaque";
    const Blocking blocking = blocking_of(desc);
    std::vector<std::size_t> order(blocking.strides.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return blocking.strides[a] > blocking.strides[b]; });
    std::string name;
    for (std::size_t axis : order) {
        const bool blocked =
            std::count(blocking.axes.begin(), blocking.axes.end(), static_cast<std::int64_t>(axis)) > 0;
        name += static_cast<char>((blocked ? 'A' : 'a') + static_cast<char>(axis));
    }
    for (std::size_t i = 0; i < blocking.blocks.size(); ++i)
        name +=
            std::to_string(blocking.blocks[i]) + static_cast<char>('a' + static_cast<char>(blocking.axes[i]));
    return name;
}

}  // namespace dyce
