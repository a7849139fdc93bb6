#include "graph/passes/passes.h"
#include "graph/verify.h"

namespace dyce {
namespace {

// Each pass finds all it can in one sweep; only what one makes possible for an earlier one takes another
// round. Real networks need three; the bound is for the others.
constexpr int kMaxRounds = 10;

}  // namespace

void simplify(Graph& graph, BatchNorms norms) {
    remove_dead_code(graph);
    bool changed = true;
    for (int round = 0; changed && round < kMaxRounds; ++round) {
        changed = false;
        for (const auto pass :
             {fold_constants, remove_identities, join_clips, recognize_gelu, recognize_swish,
              recognize_hard_swish, recognize_layer_norm, recognize_group_norm, recognize_response_norm,
              recognize_softmax, sink_transposes})
            changed |= pass(graph);
        changed |= norms == BatchNorms::kFold ? fold_affine(graph) : fold_arithmetic(graph);
    }
    verify(graph);
}

void fuse(Graph& graph) {
    fuse_pooled_mlp(graph);
    fuse_post_ops(graph);
    verify(graph);
}

}  // namespace dyce
