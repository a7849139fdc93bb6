// The operator that stands where a gate decides while a network is trained: of each image it takes the value of the
// stage that ran, or what went in where that is skipped. No file holds it and find_op() does not know it: networks that
// are run leave the stage out instead (runtime/flow).
#pragma once

#include "ops/spec/op.h"

namespace dyce {

/// Inputs: what went into the stage, what came out (of the same shape), the gate's logits N x 2, and in training noise
/// N x gates, of which attribute "column" tells the gate's own: it is added to z_run - z_skip.
const OpSpec& gate_op();

/// Whether the stage runs: unless `z_skip` is larger. The runtime decides alike (docs/method.md, "Gates").
inline bool gate_runs(float z_skip, float z_run, float noise = 0) { return !(z_run - z_skip + noise < 0); }

}  // namespace dyce
