// Graph rewrites. Each is one file headed Before / After / conditions; each keeps the reference output and
// the graph's multiply-adds; a pass returns whether it changed anything.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// Nodes whose inputs are all constant become constants.
bool fold_constants(Graph& graph);
/// Nodes and values that no output needs disappear; ids are renumbered.
bool remove_dead_code(Graph& graph);
/// Identity, Dropout, no-op Reshape/Transpose/Pad/Slice/Cast... disappear.
bool remove_identities(Graph& graph);
/// BatchNormalization (also as Mul/Add of per-channel constants) into the Conv or Gemm before it.
bool fold_batch_norms(Graph& graph);
/// Mul/Add of a MatMul by constants -> Gemm-like forms; GELU, SiLU, HardSwish, LayerNormalization from the
/// decomposed forms that exporters write.
bool recognize_gelu(Graph& graph);
bool recognize_swish(Graph& graph);
bool recognize_hard_swish(Graph& graph);
bool recognize_layer_norm(Graph& graph);
/// Element-wise nodes and residual sums into the node before them, as post-ops.
bool fuse_post_ops(Graph& graph);

/// What a model file stores: constants folded, patterns recognised, batch norms folded, dead code removed.
/// Runs the passes above to a fixed point and verifies the result.
void simplify(Graph& graph);
/// What the executor compiles: the same network with post-ops fused. Verifies the result.
void fuse(Graph& graph);

}  // namespace dyce
