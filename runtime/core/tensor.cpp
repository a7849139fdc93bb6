#include <dyce/error.h>
#include <dyce/tensor.h>

#include "runtime/core/aligned.h"
#include "runtime/core/checked.h"

#include <algorithm>
#include <cstring>

namespace dyce {

std::size_t size_of(DataType type) noexcept {
    switch (type) {
        case DataType::kFloat32:
        case DataType::kInt32: return 4;
        case DataType::kInt64: return 8;
        case DataType::kUint8:
        case DataType::kBool: return 1;
    }
    return 0;
}

const char* name_of(DataType type) noexcept {
    switch (type) {
        case DataType::kFloat32: return "float32";
        case DataType::kInt64: return "int64";
        case DataType::kInt32: return "int32";
        case DataType::kUint8: return "uint8";
        case DataType::kBool: return "bool";
    }
    return "?";
}

void Shape::push_back(std::int64_t dim) {
    if (rank_ == kMaxRank)
        throw Error(ErrorCode::kResource, "shape", "rank over " + std::to_string(kMaxRank));
    dims_[static_cast<std::size_t>(rank_++)] = dim;
}

std::int64_t Shape::elements() const {
    std::int64_t product = 1;
    for (std::int64_t dim : *this) {
        if (dim < 0) throw Error(ErrorCode::kResource, "shape", "negative dimension in " + to_string());
        if (!checked_multiply(product, dim, &product))
            throw Error(ErrorCode::kResource, "shape", "element count of " + to_string() + " overflows");
    }
    return product;
}

std::string Shape::to_string() const {
    if (rank_ == 0) return "scalar";
    std::string text;
    for (std::int64_t dim : *this) {
        if (!text.empty()) text += 'x';
        text += std::to_string(dim);
    }
    return text;
}

bool operator==(const Shape& a, const Shape& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Tensor::Tensor(DataType dtype, const Shape& shape) : dtype_(dtype), shape_(shape) {
    std::int64_t size = 0;
    if (!checked_multiply(shape.elements(), static_cast<std::int64_t>(size_of(dtype)), &size))
        throw Error(ErrorCode::kResource, "tensor", "byte size of " + shape.to_string() + " overflows");
    auto block = allocate_aligned(static_cast<std::size_t>(size));
    std::memset(block.get(), 0, static_cast<std::size_t>(size));
    bytes_ = block.get();
    owner_ = std::move(block);
}

Tensor::Tensor(DataType dtype, const Shape& shape, const void* bytes, std::shared_ptr<const void> owner)
    : dtype_(dtype), shape_(shape), owner_(std::move(owner)), bytes_(bytes), foreign_(true) {}

Tensor Tensor::of(const Shape& shape, std::initializer_list<float> values) {
    Tensor tensor(DataType::kFloat32, shape);
    if (tensor.elements() != static_cast<std::int64_t>(values.size()))
        throw Error(ErrorCode::kUsage, "tensor",
                    std::to_string(values.size()) + " values for shape " + shape.to_string());
    std::copy(values.begin(), values.end(), tensor.mutable_data<float>());
    return tensor;
}

Tensor Tensor::of_ints(std::initializer_list<std::int64_t> values) {
    Tensor tensor(DataType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.mutable_data<std::int64_t>());
    return tensor;
}

void* Tensor::mutable_bytes() {
    if (bytes_ != nullptr && (foreign_ || owner_.use_count() > 1)) {
        auto block = allocate_aligned(byte_size());
        std::memcpy(block.get(), bytes_, byte_size());
        bytes_ = block.get();
        owner_ = std::move(block);
        foreign_ = false;
    }
    return const_cast<void*>(bytes_);  // owned by this object alone, allocated writable
}

Tensor Tensor::reshaped(const Shape& shape) const {
    if (shape.elements() != elements())
        throw Error(ErrorCode::kUsage, "tensor",
                    "cannot see " + shape_.to_string() + " as " + shape.to_string());
    Tensor copy = *this;
    copy.shape_ = shape;
    return copy;
}

}  // namespace dyce
