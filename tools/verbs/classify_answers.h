// How dyce classify tells answers: as JSON lines, as CSV, or for people. Plain values and functions.
#pragma once

#include "loaders/format/output_activation.h"
#include "tools/cli/arguments.h"

#include <dyce/model.h>
#include <dyce/session.h>

#include <iosfwd>
#include <string>

namespace dyce {

struct AnswerWriter {
    enum class Form { kJsonLines, kCsv, kText, kValues };

    Form form = Form::kText;
    bool has_times = true;   ///< without them the same answers are the same bytes
    bool has_cuts = false;   ///< runs without deadlines and budgets write what they always wrote
    bool has_gates = false;  ///< and so do models without gates

    /// What comes before the first answer; empty when nothing does.
    std::string heading() const;
    /// Failed images have `error` set; people are told on stderr, by the caller.
    void write(std::ostream& out, const std::string& file, const Prediction& prediction) const;
};

/// What the options ask for, of a model's answers. Throws Error{kUsage} when they ask for two things.
AnswerWriter answer_writer(const Arguments& arguments, const Model& model);

/// Classes in an answer: what --topk says; else 5, and of independent labels all.
int topk_of(const Arguments& arguments, const Model& model);

/// From which probability on a label is told. Throws Error{kUsage} when labels are not independent.
float label_threshold_of(const Arguments& arguments, OutputActivation activation);
/// Labels stand in the order of their probabilities.
void keep_likely_labels(Prediction& answer, float threshold);

}  // namespace dyce
