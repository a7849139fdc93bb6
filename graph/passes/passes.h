// Graph rewrites. Each is one file headed Before / After / Conditions. Each keeps the reference output within
// rounding, the names and order of the graph's inputs and outputs, and its multiply-adds; it removes what it
// leaves unread and returns whether it changed anything. One thread; a pass owns the graph while it runs.
#pragma once

#include "graph/graph.h"

namespace dyce {

/// Nodes whose inputs are all constant become constants.
bool fold_constants(Graph& graph);
/// Nodes and values that no output needs disappear; ids are renumbered.
bool remove_dead_code(Graph& graph);
/// Identity, Dropout, no-op Reshape, Transpose, Pad, Slice, Cast, x * 1, x + 0, .. disappear.
bool remove_identities(Graph& graph);
/// BatchNormalization, and arithmetic with constants of the channels, into the Conv, Gemm, MatMul,
/// LayerNormalization or GroupNormalization before it.
bool fold_affine(Graph& graph);
/// The same, but batch norms stay.
bool fold_arithmetic(Graph& graph);
/// Clip and Relu after one another become one.
bool join_clips(Graph& graph);
/// Arithmetic with constants moves from behind a Transpose to before it.
bool sink_transposes(Graph& graph);

// Operators that exporters write out in smaller ones.
bool recognize_gelu(Graph& graph);
bool recognize_swish(Graph& graph);
bool recognize_group_norm(Graph& graph);
bool recognize_hard_swish(Graph& graph);
bool recognize_layer_norm(Graph& graph);
bool recognize_response_norm(Graph& graph);
bool recognize_softmax(Graph& graph);

/// An exit head - pool, flatten, layers - becomes one node.
bool fuse_pooled_mlp(Graph& graph);
/// Element-wise nodes and residual sums into the node before them, as post-ops.
bool fuse_post_ops(Graph& graph);

/// What becomes of batch norms: those of a network that is to be trained further stay.
enum class BatchNorms { kFold, kKeep };

/// What a model file stores: constants folded, operators recognised, batch norms folded, dead code removed.
/// Runs the passes above (but those that fuse) until none of them finds anything and verifies the result.
void simplify(Graph& graph, BatchNorms norms = BatchNorms::kFold);
/// What the executor compiles: the same network with heads and post-ops fused. Verifies the result.
void fuse(Graph& graph);

}  // namespace dyce
