// Measures which 8-bit integers can stand for the values that convolutions take and leave: --precision int8
// computes with them. It keeps a compiled copy of the network, not the network itself.
#pragma once

#include "loaders/format/model_file.h"

#include <dyce/image.h>

#include <memory>
#include <vector>

namespace dyce {

struct CalibrationOptions {
    /// Share of a value's numbers, by magnitude, that are not clipped.
    double share = 0.9999;
};

class Calibration {
public:
    /// Looks for the values in the backbone of `member`: what a convolution reads; what is added to the
    /// result of one whose result another one reads; and what these come from by joining or taking a maximum,
    /// which share one scale. So do the values before and behind a stage that gates let images skip. Throws Error{kContent} when there are none.
    Calibration(const Member& member, const CalibrationOptions& options);
    ~Calibration();
    Calibration(Calibration&&) noexcept;

    /// What the values are for an image: computed on the calling thread; several may do so at once. Throws
    /// Error{kContent} when the image does not fit the recipe.
    std::vector<Tensor> observe(const Image& image) const;
    /// Counts what was observed, from one thread at a time. The order shows in what is stored.
    void add(const std::vector<Tensor>& observed);
    /// Bytes that each observe() at a time takes, and those of what it returns.
    std::size_t arena_bytes() const;
    std::size_t observed_bytes() const;

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
