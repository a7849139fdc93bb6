// Measures which 8-bit integers can stand for the values that convolutions take and leave: --precision int8
// computes with them. One thread; it keeps a compiled copy of the network, not the network itself.
#pragma once

#include "loaders/format/model_file.h"

#include <dyce/image.h>

#include <memory>

namespace dyce {

struct CalibrationOptions {
    /// Share of a value's numbers, by magnitude, that are not clipped.
    double share = 0.9999;
    int threads = 0;  ///< compute threads; 0 = all this process may use
};

class Calibration {
public:
    /// Looks for the values in the backbone of `member`: what a convolution reads; what is added to the
    /// result of one whose result another one reads; and what these come from by joining or taking a maximum,
    /// which share one scale. Throws Error{kContent} when there are none.
    Calibration(const Member& member, const CalibrationOptions& options);
    ~Calibration();
    Calibration(Calibration&&) noexcept;

    /// Runs the picture through the network. Throws Error{kContent} when it does not fit the recipe.
    void add(const Image& picture);

    /// How many values there are.
    std::size_t values() const;
    /// Stores what was measured in `graph`, that of `member`, instead of what it holds. Whether that is
    /// another.
    bool store(Graph& graph) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
