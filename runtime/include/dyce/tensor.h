// Plain row-major values: DataType, Shape and Tensor.
// A Tensor is a value: copies share storage until one of them is written to. Distinct Tensor objects
// may be used from several threads; one object needs outside locking while it is written.
#pragma once

#include <dyce/export.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

namespace dyce {

/// Element types of tensors. Networks compute in kFloat32; the others occur as constants.
enum class DataType : std::uint8_t { kFloat32, kInt64, kInt32, kUint8, kBool };

/// Bytes of one element.
DYCE_API std::size_t size_of(DataType type) noexcept;
/// "float32", "int64", ...
DYCE_API const char* name_of(DataType type) noexcept;

/// Sizes of a tensor's dimensions, outermost first; rank 0 is a scalar. Allocates nothing.
class DYCE_API Shape {
public:
    static constexpr int kMaxRank = 8;

    Shape() = default;
    Shape(std::initializer_list<std::int64_t> dims) : Shape(dims.begin(), dims.end()) {}
    template <class Iterator>
    Shape(Iterator first, Iterator last) {
        for (; first != last; ++first) push_back(static_cast<std::int64_t>(*first));
    }

    int rank() const noexcept { return rank_; }
    /// Dimension `axis`; negative axes count from the end.
    std::int64_t operator[](int axis) const noexcept { return dims_[index(axis)]; }
    std::int64_t& operator[](int axis) noexcept { return dims_[index(axis)]; }
    /// Appends a dimension. Throws Error{kResource} beyond kMaxRank.
    void push_back(std::int64_t dim);

    const std::int64_t* begin() const noexcept { return dims_.data(); }
    const std::int64_t* end() const noexcept { return dims_.data() + rank_; }

    /// Product of all dimensions (1 for a scalar). Throws Error{kResource} on a negative dimension
    /// or when the product does not fit 63 bits.
    std::int64_t elements() const;
    /// "2x3x224x224"; "scalar" for rank 0.
    std::string to_string() const;

    friend bool operator==(const Shape& a, const Shape& b) noexcept;
    friend bool operator!=(const Shape& a, const Shape& b) noexcept { return !(a == b); }

private:
    std::size_t index(int axis) const noexcept {
        return static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis);
    }

    std::array<std::int64_t, kMaxRank> dims_{};
    int rank_ = 0;
};

DYCE_API bool operator==(const Shape& a, const Shape& b) noexcept;

/// What a tensor is, but for its values.
struct TensorType {
    DataType dtype = DataType::kFloat32;
    Shape shape;

    friend bool operator==(const TensorType& a, const TensorType& b) noexcept {
        return a.dtype == b.dtype && a.shape == b.shape;
    }
    friend bool operator!=(const TensorType& a, const TensorType& b) noexcept { return !(a == b); }
};

/// Row-major values with shared, copy-on-write storage.
class DYCE_API Tensor {
public:
    Tensor() = default;
    /// Zero-filled. Throws Error{kResource} when the size overflows or memory is short.
    Tensor(DataType dtype, const Shape& shape);
    /// Values that live elsewhere (a mapped file); `owner` keeps them alive. Never written to.
    Tensor(DataType dtype, const Shape& shape, const void* bytes, std::shared_ptr<const void> owner);
    /// A float32 tensor from a list, row-major. Throws Error{kUsage} on a wrong count.
    static Tensor of(const Shape& shape, std::initializer_list<float> values);
    /// A rank-1 int64 tensor.
    static Tensor of_ints(std::initializer_list<std::int64_t> values);

    DataType dtype() const noexcept { return dtype_; }
    const Shape& shape() const noexcept { return shape_; }
    TensorType type() const noexcept { return {dtype_, shape_}; }
    std::int64_t elements() const { return bytes_ == nullptr ? 0 : shape_.elements(); }
    std::size_t byte_size() const { return static_cast<std::size_t>(elements()) * size_of(dtype_); }

    const void* bytes() const noexcept { return bytes_; }
    /// Writable storage; copies first when the storage is shared or foreign.
    void* mutable_bytes();
    template <class T>
    const T* data() const noexcept {
        return static_cast<const T*>(bytes());
    }
    template <class T>
    T* mutable_data() {
        return static_cast<T*>(mutable_bytes());
    }

    /// The same storage seen as `shape`. Throws Error{kUsage} when the counts differ.
    Tensor reshaped(const Shape& shape) const;

private:
    DataType dtype_ = DataType::kFloat32;
    Shape shape_;
    std::shared_ptr<const void> owner_;
    const void* bytes_ = nullptr;
    bool foreign_ = false;
};

}  // namespace dyce
