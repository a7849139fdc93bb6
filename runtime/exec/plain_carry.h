// One carried value on its way between the layout and type in which a batch plan keeps it and plain float32
// memory: what StageRunner::export_rows() and import_rows() stand on. Bound to the memory of one execution
// context; one thread at a time.
#pragma once

#include "runtime/exec/context.h"
#include "runtime/flow/carried_values.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

/// How the value is described outside; `batch` is the number of rows of its batch plan.
CarriedValue carried_value(const Carry& carry, std::int64_t batch);

class PlainCarry {
public:
    /// The value lies at `bytes`. Throws Error{kUsage} when its first dimension is not the batch.
    PlainCarry(const CompiledModel::Data& model, const Carry& carry, std::int64_t batch, std::byte* bytes);

    /// Writes the rows at `places` to `numbers`, one after another.
    void read(ExecutionContext& context, std::span<const int> places, std::span<float> numbers);
    /// The rows of `numbers` become the first ones; those after them are zero.
    void write(ExecutionContext& context, std::span<const float> numbers);

private:
    struct Copy {
        dnnl::primitive primitive;
        std::vector<dnnl::memory> memories;
        std::vector<dnnl_exec_arg_t> arguments;
    };
    static Copy make_copy(const dnnl::engine& engine, const dnnl::memory& from, const dnnl::memory& to,
                          float factor);
    static void run(ExecutionContext& context, const Copy& copy);
    float* plain() const { return static_cast<float*>(plain_.get_data_handle()); }

    std::size_t row_;     ///< numbers of one row
    dnnl::memory plain_;  ///< the whole batch, row-major
    Copy out_, in_;
};

}  // namespace dyce
