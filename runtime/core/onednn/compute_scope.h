// Puts the calling thread on a team while the object lives: oneDNN's parallel regions and parallel_ranges()
// are then the team's, whatever the process's own OpenMP is told to do. The only way onto a team.
#pragma once

#include "runtime/core/compute_team.h"

namespace dyce {

class ComputeScope {
public:
    /// Starts the team's threads. Throws Error{kResource} when there are none to be had.
    explicit ComputeScope(ComputeTeam& team);

private:
    DefaultRounding rounding_;
    PlaceScope place_;
};

/// For making primitives: they are made for `threads` threads, and what is computed meanwhile (re-orders of
/// weights) is computed by the calling thread alone.
class CompileScope {
public:
    explicit CompileScope(int threads);

private:
    ComputeTeam team_;
    DefaultRounding rounding_;
    PlaceScope place_;
};

}  // namespace dyce
