// What a gate of a model decided. A plain value.
#pragma once

#include <cstdint>

namespace dyce {

struct GateCount {
    int site = 0;              ///< that the gate stands at, through all members
    std::uint64_t asked = 0;   ///< images that it decided about
    std::uint64_t opened = 0;  ///< those of them whose stage ran

    /// Share of the images that it let run the stage; 1 when it was never asked.
    double open_rate() const {
        return asked == 0 ? 1 : static_cast<double>(opened) / static_cast<double>(asked);
    }
};

}  // namespace dyce
