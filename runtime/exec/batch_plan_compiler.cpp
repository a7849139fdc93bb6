#include "runtime/exec/batch_plan_compiler.h"

#include "ops/lowering/post_ops.h"
#include "runtime/exec/arena.h"

#include <dyce/error.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace dyce {
namespace {

constexpr int kAlways = std::numeric_limits<int>::max();

// One for each factor.
std::string factor_name(float factor) {
    return "factor " + std::to_string(std::bit_cast<std::uint32_t>(factor));
}

class BatchPlanCompiler final : public Lowering {
public:
    BatchPlanCompiler(const CompileState& state, std::int64_t batch)
        : state_(state),
          graph_(state.graph),
          types_(infer_types(graph_, batch)),
          value_buffers_(graph_.values.size()),
          last_reader_(graph_.values.size(), -1) {
        batch_plan_.batch = batch;
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n)
            for (ValueId id : graph_.nodes[n].inputs) last_reader_[index(id)] = static_cast<int>(n);
        std::vector<int> read_at(graph_.outputs.size(), kAlways);
        for (const StageNodes& part : state_.parts)  // a head's logits are read as soon as it has run
            if (part.head >= 0) read_at[index(part.head) + 1] = part.end_node;
        for (std::size_t i = 0; i < read_at.size(); ++i) read_until(graph_.outputs[i], read_at[i]);
        keep_for_heads();
    }

    std::optional<BatchPlan> compile() {
        for (const GraphInput& input : graph_.inputs) {
            const TensorType& type = types_[index(input.value)];
            value_buffers_[index(input.value)] = new_root(plain_desc(type), input.value);
            batch_plan_.inputs.push_back(value_buffers_[index(input.value)].id);
            batch_plan_.input_types.push_back(type);
        }
        batch_plan_.outputs.assign(graph_.outputs.size(), -1);
        for (ValueId id : graph_.outputs) batch_plan_.output_types.push_back(types_[index(id)]);
        for (std::size_t p = 0; p < state_.parts.size(); ++p) lower_part(p);
        if (!repeats_) return std::nullopt;
        plan();
        return std::move(batch_plan_);
    }

    const dnnl::engine& engine() const override { return state_.engine; }
    DescType convolution_type() const override {
        return state_.precision == Precision::kBfloat16 && !is_head_ ? DescType::bf16 : DescType::f32;
    }
    int planned_rows() const override { return state_.planned_rows; }
    bool prefers_blocks() const override { return state_.prefers_blocks; }
    bool saves_memory() const override { return state_.saves_memory; }
    std::optional<Quantization> quantized_input(int i) const override {
        if (state_.precision != Precision::kInt8 || is_head_) return std::nullopt;
        const Buffer& held = value_buffers_[index(input_id(i))];
        if (!is_narrow(held, input_id(i))) return graph_.value(input_id(i)).quantization;
        return Quantization{held.scale, type_of(held.desc) == DescType::s8};
    }
    std::optional<Quantization> quantized_output(int i) const override {
        if (state_.precision != Precision::kInt8 || is_head_) return std::nullopt;
        return graph_.value(output_id(i)).quantization;
    }
    const TensorType& input_type(int i) const override { return types_[index(input_id(i))]; }
    const TensorType& output_type(int i) const override { return types_[index(output_id(i))]; }
    const Tensor* constant(int i) const override {
        const auto& value = graph_.value(input_id(i)).constant;
        return value ? &*value : nullptr;
    }
    Buffer native_input(int i) override { return buffer_of(input_id(i)); }
    Buffer input(int i) override {
        const Buffer native = native_input(i);
        if (!is_narrow(native, input_id(i))) return native;
        return converted(native, input_id(i), like(native.desc, dims_of(native.desc)));
    }
    Buffer input_as(int i, const MemoryDesc& desc) override {
        if (const Tensor* value = constant(i))
            return packed(input_id(i), *value, plain_desc(value->type()), desc);
        return converted(buffer_of(input_id(i)), input_id(i), desc);
    }
    Buffer weights(int i, const MemoryDesc& seen_as, const MemoryDesc& wanted) override {
        if (const Tensor* value = constant(i)) return packed(input_id(i), *value, seen_as, wanted);
        const Buffer seen = see_as(plain_input(i), seen_as);
        if (seen_as == wanted) return seen;
        const Buffer result = temporary(wanted);
        reorder(seen, result);
        return result;
    }
    Buffer rounded_weights(int i, std::span<const float> steps, const MemoryDesc& seen_as,
                           const MemoryDesc& wanted) override {
        return new_constant(wanted, state_.weights.pack(input_id(i), *constant(i), seen_as, wanted, steps));
    }
    Buffer derived(const std::string& key, const std::function<Tensor()>& make) override {
        return constant_of(state_.weights.derive(node_, key, make));
    }
    Buffer derived_from(int i, const std::string& key, const std::function<Tensor()>& make) override {
        return constant_of(state_.weights.derive_from(input_id(i), key, make));
    }

    Buffer output(int i, const MemoryDesc& desc, float scale) override {
        Buffer& buffer = value_buffers_[index(output_id(i))];
        buffer = new_root(desc, output_id(i));
        buffer.scale = scale;
        return buffer;
    }
    bool can_overwrite(int i) const override {
        const ValueId id = input_id(i);
        if (graph_.value(id).constant || value_buffers_[index(id)].id < 0) return false;
        const int root = root_of(value_buffers_[index(id)]);
        if (batch_plan_.buffers[static_cast<std::size_t>(root)].outside != nullptr) return false;
        int reads = 0;
        for (ValueId other : graph_.nodes[static_cast<std::size_t>(node_)].inputs)
            if (value_buffers_[index(other)].id >= 0 && root_of(value_buffers_[index(other)]) == root)
                ++reads;
        if (reads != 1) return false;
        for (ValueId other : sharers_[static_cast<std::size_t>(root)])
            if (last_reader_[index(other)] > node_) return false;
        return true;
    }
    Buffer output_over(int i, int over) override {
        const Buffer source = input(over);
        forward(i, source, source.desc);
        return value_buffers_[index(output_id(i))];
    }
    void forward(int i, const Buffer& source, const MemoryDesc& desc) override {
        const Buffer seen = see_as(source, desc);
        sharers_[static_cast<std::size_t>(root_of(seen))].push_back(output_id(i));
        value_buffers_[index(output_id(i))] = seen;
    }
    Buffer see_as(const Buffer& buffer, const MemoryDesc& desc) override {
        if (buffer.desc == desc) return buffer;
        Buffer seen = new_buffer({desc, root_of(buffer)});
        seen.scale = buffer.scale;
        return seen;
    }
    Buffer temporary(const MemoryDesc& desc) override { return new_root(desc, -1); }

    void run(const onednn::AnyDescriptor& descriptor, std::vector<Argument> arguments) override {
        const MemoryDesc scratchpad = descriptor.scratchpad_desc();
        if (byte_size(scratchpad) > 0) arguments.push_back({DNNL_ARG_SCRATCHPAD, temporary(scratchpad)});
        Step step;
        step.node = node_;
        step.description = describe(descriptor.impl_info_str(), arguments);
        step.parts_wait = onednn::parts_wait(descriptor.impl_info_str());
        step.primitive = dnnl::primitive(descriptor.get());
        for (const Argument& argument : arguments) {
            step.keys.push_back(argument.key);
            step.buffers.push_back(argument.buffer.id);
        }
        batch_plan_.steps.push_back(std::move(step));
    }
    void run(Loop loop, std::vector<Buffer> buffers) override {
        Step step;
        step.node = node_;
        step.description = describe("loop", {});
        step.loop = std::move(loop);
        for (const Buffer& buffer : buffers) step.buffers.push_back(buffer.id);
        batch_plan_.steps.push_back(std::move(step));
    }
    void reorder(const Buffer& source, const Buffer& destination) override {
        std::vector<Argument> arguments{{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, destination}};
        auto attributes = onednn::user_scratchpad();
        if (const float factor = source.scale / destination.scale; factor != 1)
            if (const int key = onednn::scale_reorder(attributes, factor))
                arguments.push_back(
                    {key, derived(factor_name(factor), [&] { return Tensor::of({1}, {factor}); })});
        const auto descriptor = onednn::reorder(state_.engine, source.desc, destination.desc, attributes);
        run(descriptor, std::move(arguments));
        batch_plan_.steps.back().is_reorder = true;
    }
    std::string& implementation() override { return state_.implementations[static_cast<std::size_t>(node_)]; }
    void cannot_repeat() override { repeats_ = false; }

private:
    static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }
    const Node& node() const { return graph_.nodes[static_cast<std::size_t>(node_)]; }
    ValueId input_id(int i) const { return node().inputs[static_cast<std::size_t>(i)]; }
    ValueId output_id(int i) const { return node().outputs[static_cast<std::size_t>(i)]; }
    // Whether float32 is held in fewer bits.
    bool is_narrow(const Buffer& buffer, ValueId id) const {
        return buffer.id >= 0 && types_[index(id)].dtype == DataType::kFloat32 &&
               type_of(buffer.desc) != DescType::f32;
    }
    int root_of(const Buffer& buffer) const {
        return batch_plan_.buffers[static_cast<std::size_t>(buffer.id)].root;
    }

    // The last of the heads at the point that part `p` ends at, or is one of.
    std::size_t last_head_at(std::size_t p) const {
        while (p + 1 < state_.parts.size() && state_.parts[p + 1].head >= 0) ++p;
        return p;
    }

    // What heads read lives until all those of the point have run, in whatever order: none writes over it.
    void keep_for_heads() {
        const auto makers = find_producers(graph_);
        for (std::size_t p = 0; p < state_.parts.size(); ++p) {
            if (state_.parts[p].head < 0) continue;
            const int end = state_.parts[last_head_at(p)].end_node;
            for (int n = state_.parts[p].first_node; n < state_.parts[p].end_node; ++n)
                for (ValueId id : graph_.nodes[index(n)].inputs)
                    if (makers[index(id)] < state_.parts[p].first_node) read_until(id, end);
        }
    }

    void read_until(ValueId id, int node) {
        last_reader_[index(id)] = std::max(last_reader_[index(id)], node);
    }

    void lower_part(std::size_t p) {
        const StageNodes& part = state_.parts[p];
        const bool is_last = p + 1 == state_.parts.size();
        const std::size_t copies = copies_.size();
        Stage range{part.head, batch_plan_.steps.size(), 0, {}};
        for (node_ = part.first_node; node_ < part.end_node; ++node_) {
            if (node_ == part.first_feed) range.first_feed = batch_plan_.steps.size();
            is_head_ = node_ >= part.first_feed || part.head >= 0;  // small, and they decide: they stay exact
            lower_node();
        }
        node_ = -1;
        for (std::size_t i = 0; i < graph_.outputs.size(); ++i)
            if (part.head >= 0 ? i == index(part.head) + 1 : is_last && batch_plan_.outputs[i] < 0)
                batch_plan_.outputs[i] = plain_copy(graph_.outputs[i]).id;
        range.end = batch_plan_.steps.size();
        if (part.first_feed == part.end_node) range.first_feed = range.end;
        if (part.head >= 0) {
            copies_.resize(copies);  // a head that is off has made none
        } else if (!is_last) {
            copies_.clear();  // they would have to be carried too
            range.carries = carries_after(part.end_node, part.site_value);
        }
        batch_plan_.parts.push_back(std::move(range));
    }

    Buffer plain_copy(ValueId id) { return converted(buffer_of(id), id, plain_desc(types_[index(id)])); }

    // What nodes from `node` on read of what was computed before; `first` comes first.
    std::vector<Carry> carries_after(int node, ValueId first) const {
        std::vector<std::size_t> values;
        if (first >= 0) values.push_back(index(first));
        for (std::size_t v = 0; v < value_buffers_.size(); ++v) values.push_back(v);
        std::vector<Carry> carries;
        for (const std::size_t v : values) {
            if (value_buffers_[v].id < 0 || last_reader_[v] < node) continue;
            const int root = root_of(value_buffers_[v]);
            const PlanBuffer& buffer = batch_plan_.buffers[index(root)];
            const auto is_root = [&](const Carry& carry) { return carry.buffer == root; };
            if (buffer.outside != nullptr || std::any_of(carries.begin(), carries.end(), is_root)) continue;
            const MemoryDesc& desc = value_buffers_[v].desc;
            const bool has_rows =
                types_[v].shape.rank() > 0 && types_[v].shape[0] == batch_plan_.batch &&
                row_bytes(desc) * static_cast<std::size_t>(batch_plan_.batch) == byte_size(buffer.desc);
            carries.push_back({root, desc, has_rows ? row_bytes(desc) : 0, value_buffers_[v].scale});
        }
        return carries;
    }

    void lower_node() {
        const auto inputs = own_input_types(node(), types_);
        const OpCall call = call_of(node(), inputs);
        const bool floats = std::all_of(node().inputs.begin(), node().inputs.end(), [&](ValueId id) {
            return types_[index(id)].dtype == DataType::kFloat32;
        });
        const bool empty = types_[index(output_id(0))].shape.elements() == 0;
        // oneDNN computes on float32; whatever else a graph holds takes the plain loops.
        if (node().spec->lower == nullptr || state_.reference_kernels || !floats || empty)
            ops::lower_by_reference(*node().spec, call, *this);
        else
            node().spec->lower(call, *this);
        give_back_constants();
    }

    // Most constants of the node have been packed by now; the few that its steps read in place come back with
    // the first run.
    void give_back_constants() const {
        if (state_.mapping == nullptr) return;
        for (const ValueId id : node().inputs)
            if (const auto& value = graph_.value(id).constant)
                state_.mapping->release({static_cast<const std::byte*>(value->bytes()), value->byte_size()});
    }

    Buffer new_buffer(PlanBuffer buffer) {
        const auto id = static_cast<int>(batch_plan_.buffers.size());
        if (buffer.root < 0) buffer.root = id;
        batch_plan_.buffers.push_back(buffer);
        sharers_.emplace_back();
        return {id, buffer.desc};
    }
    Buffer new_root(const MemoryDesc& desc, ValueId value) {
        const Buffer buffer = new_buffer({desc});
        if (value >= 0) sharers_[static_cast<std::size_t>(buffer.id)].push_back(value);
        return buffer;
    }
    Buffer constant_of(const Tensor& value) { return new_constant(plain_desc(value.type()), value.bytes()); }
    Buffer new_constant(const MemoryDesc& desc, const void* bytes) { return new_buffer({desc, -1, bytes}); }
    Buffer buffer_of(ValueId id) {
        Buffer& buffer = value_buffers_[index(id)];
        if (buffer.id < 0) {
            const Tensor& value = *graph_.value(id).constant;
            buffer = new_constant(plain_desc(value.type()), value.bytes());
        }
        return buffer;
    }
    Buffer packed(ValueId id, const Tensor& value, const MemoryDesc& seen_as, const MemoryDesc& wanted) {
        return new_constant(wanted, state_.weights.pack(id, value, seen_as, wanted));
    }

    // Several readers of a value in the same foreign layout share one re-ordered copy.
    Buffer converted(const Buffer& buffer, ValueId id, const MemoryDesc& desc) {
        if (buffer.desc == desc) return buffer;
        if (type_of(buffer.desc) == type_of(desc) && is_plain(buffer.desc) && is_plain(desc))
            return see_as(buffer, desc);
        for (const Copy& copy : copies_)
            if (copy.value == id && copy.buffer.desc == desc) return copy.buffer;
        Buffer copy = temporary(desc);
        if (is_int8(desc))
            copy.scale = is_narrow(buffer, id) ? buffer.scale : graph_.value(id).quantization->scale;
        reorder(buffer, copy);
        copies_.push_back({id, copy});
        return copy;
    }

    static std::string describe(const MemoryDesc& desc) {
        const DescType type = type_of(desc);
        const char* name = type == DescType::bf16 ? "bf16 " : type == DescType::u8 ? "u8 " : "s8 ";
        return (type == DescType::f32 ? "" : name) + layout_name(desc);
    }

    std::string describe(const std::string& implementation, const std::vector<Argument>& arguments) const {
        std::string text = node_ < 0 ? "output" : node().name + ": " + std::string(node().spec->name);
        if (node_ >= 0)
            for (const PostOp& op : node().post_ops) text += "+" + std::string(op.spec->name);
        text += ", " + implementation;
        std::string source, destination;
        for (const Argument& argument : arguments) {
            if (argument.key == DNNL_ARG_SRC) source = describe(argument.buffer.desc);
            if (argument.key == DNNL_ARG_DST) destination = describe(argument.buffer.desc);
        }
        if (!source.empty()) text += ", " + source + " -> " + destination;
        return text;
    }

    // The caller writes inputs before the first step and reads outputs when the part that makes them is done.
    void plan() {
        std::vector<CallerUse>& uses = batch_plan_.uses;
        for (int buffer : batch_plan_.inputs) uses.push_back({buffer, 0});
        std::vector<int> read_at(batch_plan_.outputs.size(), static_cast<int>(batch_plan_.steps.size()));
        for (const Stage& part : batch_plan_.parts)
            if (part.head >= 0) read_at[index(part.head) + 1] = static_cast<int>(part.end) - 1;
        for (std::size_t i = 0; i < read_at.size(); ++i) uses.push_back({batch_plan_.outputs[i], read_at[i]});
        for (std::size_t p = 0; p < batch_plan_.parts.size(); ++p)  // rows move when heads have run
            for (const Carry& carry : batch_plan_.parts[p].carries)
                uses.push_back({carry.buffer, static_cast<int>(batch_plan_.parts[last_head_at(p)].end) - 1});
        plan_arena(batch_plan_, kMostArenaBytes);
    }

    struct Copy {
        ValueId value;
        Buffer buffer;
    };

    const CompileState& state_;
    const Graph& graph_;
    std::vector<TensorType> types_;
    std::vector<Buffer> value_buffers_;          // per value, in the layout its producer chose
    std::vector<int> last_reader_;               // per value; kAlways for outputs
    std::vector<std::vector<ValueId>> sharers_;  // per root buffer: the values whose bytes it holds
    std::vector<Copy> copies_;
    BatchPlan batch_plan_;
    int node_ = -1;
    bool is_head_ = false;  // whether the node is of an exit head
    bool repeats_ = true;   // whether all nodes compute as at the first batch size
};

}  // namespace

std::optional<BatchPlan> compile_batch_plan(const CompileState& state, std::int64_t batch) {
    return BatchPlanCompiler(state, batch).compile();
}

}  // namespace dyce
