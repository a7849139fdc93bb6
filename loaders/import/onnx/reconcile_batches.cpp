#include "loaders/import/onnx/batch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace dyce {
namespace {

bool same_constant(const Value& a, const Value& b) {
    if (!a.constant || !b.constant) return !a.constant && !b.constant;
    return a.constant->type() == b.constant->type() &&
           (a.constant->bytes() == b.constant->bytes() ||
            std::memcmp(a.constant->bytes(), b.constant->bytes(), a.constant->byte_size()) == 0);
}

// Whether `many` is `row`, whose first dimension is 1, kOtherBatch times.
bool repeats(const Tensor& many, const Tensor& row) {
    if (many.dtype() != row.dtype() || many.shape().rank() != row.shape().rank() || row.shape().rank() == 0 ||
        row.shape()[0] != 1)
        return false;
    Shape expected = row.shape();
    expected[0] = kOtherBatch;
    if (many.shape() != expected) return false;
    for (std::int64_t i = 0; i < kOtherBatch; ++i)
        if (std::memcmp(
                static_cast<const std::byte*>(many.bytes()) + static_cast<std::size_t>(i) * row.byte_size(),
                row.bytes(), row.byte_size()) != 0)
            return false;
    return true;
}

class Reconciler {
public:
    Reconciler(Graph& one, const Graph& other)
        : one_(one),
          other_(other),
          one_types_(infer_types(one, 1)),
          other_types_(infer_types(other, kOtherBatch)) {}

    void run() {
        const std::size_t count = std::min(one_.nodes.size(), other_.nodes.size());
        for (std::size_t n = 0; n < count; ++n) reconcile(one_.nodes[n], other_.nodes[n]);
        if (one_.nodes.size() != other_.nodes.size() || one_.outputs != other_.outputs)
            refuse_for_batch("graph", "what it computes depends on the number of images");
        repeat_rows();
    }

private:
    void reconcile(Node& a, const Node& b) {
        for (std::size_t i = 0; i < std::min(a.inputs.size(), b.inputs.size()); ++i)
            reconcile_constant(a.inputs[i], b.inputs[i]);
        const bool same_parts = a.spec == b.spec && a.inputs == b.inputs && a.outputs == b.outputs;
        if (same_parts && a.attributes == b.attributes) return;
        if (!same_parts || a.spec->name != "Reshape" || !open_axis(a))
            refuse_for_batch(a.name, std::string(a.spec->name) + " depends on the number of images");
    }

    void reconcile_constant(ValueId a, ValueId b) {
        const Value &one = one_.value(a), &other = other_.value(b);
        if (same_constant(one, other)) return;
        if (!one.constant || !other.constant || !repeats(*other.constant, *one.constant))
            refuse_for_batch(one.name, "a constant that depends on the number of images");
        repeated_.emplace(a, -1);
    }

    // Leaves the only axis of a Reshape open that grows with the batch.
    bool open_axis(Node& reshape) const {
        const Shape& to = one_types_[static_cast<std::size_t>(reshape.outputs[0])].shape;
        const Shape& grown = other_types_[static_cast<std::size_t>(reshape.outputs[0])].shape;
        if (to.rank() != grown.rank()) return false;
        std::vector<std::int64_t> shape(to.begin(), to.end());
        int open = 0;
        for (int axis = 0; axis < to.rank(); ++axis) {
            if (to[axis] == grown[axis]) continue;
            if (to[axis] == 0 || grown[axis] != to[axis] * kOtherBatch) return false;
            shape[static_cast<std::size_t>(axis)] = -1;
            ++open;
        }
        if (open != 1 || std::count(shape.begin(), shape.end(), 0) > 0) return false;
        reshape.attributes = {{"shape", shape}};
        return true;
    }

    // Constants that every image reads anew come first: nothing waits for them.
    void repeat_rows() {
        std::vector<Node> nodes;
        for (auto& [constant, copies] : repeated_) {
            const std::string name = one_.value(constant).name + "/of_each_image";
            copies = one_.add_value(name);
            nodes.push_back(
                {find_op("ExpandToBatch", "dyce"), name, {}, {constant, one_.inputs[0].value}, {copies}, {}});
        }
        for (Node& node : one_.nodes) {
            for (ValueId& input : node.inputs)
                if (const auto found = repeated_.find(input); found != repeated_.end()) input = found->second;
            nodes.push_back(std::move(node));
        }
        one_.nodes = std::move(nodes);
    }

    Graph& one_;
    const Graph& other_;
    std::vector<TensorType> one_types_, other_types_;
    std::map<ValueId, ValueId> repeated_;  ///< constants of the graph for one image -> their copies
};

}  // namespace

void reconcile_batches(Graph& one, const Graph& other) { Reconciler(one, other).run(); }

}  // namespace dyce
