// What dyce eval counts, and how it tells. Plain values.
#pragma once

#include "tools/cli/arguments.h"
#include "tools/verbs/eval_gates.h"

#include <dyce/model.h>
#include <dyce/session.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

struct EvalTotals {
    std::size_t images = 0, correct = 0, correct5 = 0, failed = 0;
    double macs = 0;
    std::vector<std::size_t> left_at;  ///< by position
    std::size_t cut = 0;               ///< by a budget
    std::int64_t most_macs = 0;
    std::uint64_t non_finite_scores = 0;

    explicit EvalTotals(std::size_t positions) : left_at(positions) {}
    /// An answer; one with an error is told on stderr.
    void count(const std::string& name, int label, const Prediction& answer);
    void fail(const std::string& message);
};

/// The line of the per-image CSV of an answer without an error.
std::string image_row_of(const std::string& name, int label, const Prediction& answer);

struct EvalTimes {
    double computing = 0, total = 0;  ///< seconds
};

/// What --gates-report asks for.
struct EvalGates {
    GateTotals totals;
    std::optional<BlindGates> blind = {};
};

/// Throws Error{kContent} at `data` when no image was answered.
void report_eval(const Arguments& arguments, const Model& model, const Configuration& configuration,
                 const EvalTotals& totals, const EvalTimes& times,
                 const std::optional<EvalGates>& gates = {});

}  // namespace dyce
