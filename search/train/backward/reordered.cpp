#include "search/train/backward/reordered.h"

namespace dyce {

std::vector<float> reordered(const dnnl::engine& engine, const float* numbers, const MemoryDesc& from,
                             const MemoryDesc& to) {
    std::vector<float> result(byte_size(to) / sizeof(float));
    // oneDNN's interface has one pointer type for what is read and what is written.
    dnnl::memory source(from, engine, const_cast<float*>(numbers)), destination(to, engine, result.data());
    dnnl::stream stream(engine);
    dnnl::reorder(source, destination).execute(stream, source, destination);
    stream.wait();
    return result;
}

}  // namespace dyce
