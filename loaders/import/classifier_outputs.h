// What the outputs of an imported network mean: which holds the logits, what ends them, which are exits.
// Stateless.
#pragma once

#include "graph/graph.h"
#include "loaders/format/output_activation.h"

#include <optional>
#include <string>
#include <vector>

namespace dyce {

struct OutputChoice {
    std::string name;                            ///< the output that answers; "": that the most nodes lead to
    std::optional<OutputActivation> activation;  ///< instead of what the graph says
};

struct ClassifierOutputs {
    std::string name;        ///< of the output that answers
    std::string taken_off;   ///< "Softmax", "Sigmoid", ..: what ended it; "" for logits
    bool one_logit = false;  ///< a logit 0 for the other of two classes was put before the only one
    OutputActivation activation = OutputActivation::kSoftmax;
    std::vector<std::string> dropped;  ///< outputs that are neither the answer nor may be exits
};

/// Leaves as outputs the logits of the classifier, then those of other outputs that may be exits, in file
/// order. Softmax, LogSoftmax or Sigmoid at their end is taken off; one logit becomes two. Outputs that say
/// the same again (probabilities beside logits, the best class) and those of other widths are dropped; nodes
/// that only they needed stay. `source` is what errors call the file. Throws Error{kUsage} when there is no output of that name; Error{kContent}
/// naming the output when it is not N x K.
ClassifierOutputs resolve_outputs(Graph& graph, const std::string& source, const OutputChoice& choice = {});

}  // namespace dyce
