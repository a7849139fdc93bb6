// How both generations of oneDNN build a primitive descriptor: for compat.cpp and training.cpp alone.
// Stateless.
#pragma once

#include "runtime/core/onednn/compat.h"

#if DNNL_VERSION_MAJOR >= 3
#define DYCE_ONEDNN_3 1
#else
#define DYCE_ONEDNN_3 0
#endif

namespace dyce::onednn {

// oneDNN counts a dense window as dilation 0.
inline Dims zero_based(Dims dilations) {
    for (auto& d : dilations) --d;
    return dilations;
}

// The two generations build the same descriptor from the same arguments in the same order.
template <class Primitive, class... Arguments>
Descriptor describe(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                    const Arguments&... arguments) {
    try {
#if DYCE_ONEDNN_3
        return {typename Primitive::primitive_desc(engine, arguments..., attr, true), nullptr};
#else
        const auto operation = std::make_shared<const typename Primitive::desc>(arguments...);
        return {typename Primitive::primitive_desc(*operation, attr, engine, true), operation};
#endif
    } catch (const dnnl::error&) {
        return {};  // the operation itself was refused: no implementation either
    }
}

// The same for a primitive that goes back the way `forward` came.
template <class Primitive, class Forward, class... Arguments>
Descriptor describe_backward(const dnnl::engine& engine, const Descriptor& forward,
                             const dnnl::primitive_attr& attr, const Arguments&... arguments) {
    try {
        const typename Forward::primitive_desc hint(forward.get());
#if DYCE_ONEDNN_3
        return {typename Primitive::primitive_desc(engine, arguments..., hint, attr, true), nullptr};
#else
        const auto operation = std::make_shared<const typename Primitive::desc>(arguments...);
        return {typename Primitive::primitive_desc(*operation, attr, engine, hint, true), operation};
#endif
    } catch (const dnnl::error&) {
        return {};
    }
}

}  // namespace dyce::onednn
