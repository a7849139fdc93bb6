// Which networks have gates. Pure functions.
#pragma once

#include "graph/exits/exits.h"

#include <algorithm>

namespace dyce {

inline bool is_gate(const ExitHead& head) { return head.role == HeadRole::kGate; }

inline bool has_gates(const ExitTable& exits) {
    return std::any_of(exits.heads.begin(), exits.heads.end(), is_gate);
}

}  // namespace dyce
