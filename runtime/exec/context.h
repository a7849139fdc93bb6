// A segment bound to memory: the arena, oneDNN memory objects and argument arrays, made once so that running
// allocates nothing. One thread at a time.
#pragma once

#include "runtime/exec/segment.h"

#include <cstddef>
#include <span>
#include <vector>

namespace dyce {

class BoundSegment {
public:
    /// `arena` must hold segment.arena_bytes and outlive this object, as must the segment.
    BoundSegment(const Segment& segment, const dnnl::engine& engine, std::byte* arena);

    void run(const dnnl::stream& stream) const;
    /// Where the caller writes input `i` / reads output `i`, row-major.
    void* input(int i) const { return pointer(segment_->inputs[static_cast<std::size_t>(i)]); }
    const void* output(int i) const { return pointer(segment_->outputs[static_cast<std::size_t>(i)]); }
    const Segment& segment() const { return *segment_; }

private:
    struct BoundStep {
        const_dnnl_primitive_t primitive;  ///< null: run the loop
        std::vector<dnnl_exec_arg_t> arguments;
        Loop loop;
        std::vector<void*> pointers;
    };

    void* pointer(int buffer) const;

    const Segment* segment_;
    std::byte* arena_;
    std::vector<dnnl::memory> memories_;  // of the buffers that primitives use
    std::vector<BoundStep> steps_;
};

}  // namespace dyce
