// The only place that talks to the OpenMP runtime under oneDNN.
#pragma once

namespace dyce {

/// Threads this process may really use: the CPU affinity mask cut by the cgroup's CPU quota; >= 1.
int available_threads();

/// Number of OpenMP threads for primitives executed from the calling thread.
void set_compute_threads(int count);

}  // namespace dyce
