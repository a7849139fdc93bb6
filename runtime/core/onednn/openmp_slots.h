// How oneDNN comes to our threads. Its library calls OpenMP by a few names, each through a slot that the
// dynamic linker filled. The slots are pointed to functions of ours: for a thread on a team (ComputeScope)
// they serve the call, for any other they pass it on to what the slot held, so that nobody else who uses
// oneDNN in this process notices. Nothing is exported, and the process's OpenMP is neither asked nor told
// anything.
#pragma once

namespace dyce::onednn {

/// The first call points the slots; the library holding this code must never be unloaded after it. Throws
/// Error{kInternal} when oneDNN's slots are not those known here.
void take_openmp_slots();

}  // namespace dyce::onednn
