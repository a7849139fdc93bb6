// Tensors that somebody else owns, as operators are given them: plain row-major values in borrowed memory.
#pragma once

#include <dyce/tensor.h>

namespace dyce {

/// Borrowed read-only values.
struct TensorView {
    DataType dtype = DataType::kFloat32;
    Shape shape;
    const void* bytes = nullptr;

    template <class T>
    const T* data() const noexcept {
        return static_cast<const T*>(bytes);
    }
};

/// Borrowed writable values.
struct MutableTensorView {
    DataType dtype = DataType::kFloat32;
    Shape shape;
    void* bytes = nullptr;

    template <class T>
    T* data() const noexcept {
        return static_cast<T*>(bytes);
    }
};

inline TensorView view_of(const Tensor& tensor) { return {tensor.dtype(), tensor.shape(), tensor.bytes()}; }
/// Copies the tensor's storage first when it is shared or foreign.
inline MutableTensorView mutable_view_of(Tensor& tensor) {
    return {tensor.dtype(), tensor.shape(), tensor.mutable_bytes()};
}

}  // namespace dyce
