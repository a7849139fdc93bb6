// Why an image left before an exit was sure of it. A plain value.
#pragma once

namespace dyce {

enum class Cut {
    kNone,      ///< it left by an exit that was sure, or by the final exit
    kBudget,    ///< the way to the next answer would have cost more than it may
    kDeadline,  ///< it would have been late
    kEnergy,    ///< the energy at hand would not have lasted
};

/// "none", "budget", "deadline", "energy".
inline const char* name_of(Cut cut) {
    switch (cut) {
        case Cut::kNone: return "none";
        case Cut::kBudget: return "budget";
        case Cut::kDeadline: return "deadline";
        case Cut::kEnergy: return "energy";
    }
    return "";
}

}  // namespace dyce
