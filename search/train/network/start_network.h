// What a training begins with: a built-in backbone with random parameters, and exits that learn with it.
// Functions.
#pragma once

#include "graph/exits/head_builder.h"
#include "loaders/format/model_file.h"
#include "models/backbones.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dyce {

/// The backbone as training wants it, batch norms in place, with the sites where exits may go. Convolutions
/// begin after He et al. (arXiv 1502.01852), norms as the identity, the classifier after PyTorch.
Member start_network(const Backbone& backbone, int classes, std::uint64_t seed);

/// Attaches heads with random parameters. Throws what attach_head() throws.
void start_heads(Member& member, int classes, const std::vector<HeadType>& types,
                 const std::vector<int>& sites, std::uint64_t seed,
                 const std::function<void(const std::string&)>& notice);

/// Attaches a gate (gate_type()) before every stage that can be skipped, in place of those that are there: with random
/// parameters, so that all stages run at first. Throws Error{kUsage} at --gates where no stage can be skipped.
void start_gates(Member& member, std::uint64_t seed);

/// Takes gates, or all other heads, out of the member.
void remove_gates(Member& member);
void remove_exits(Member& member);

/// The network as a model stores it: batch norms folded, sites and heads found again, weights rounded where
/// they are stored so.
Member finish_network(Member member);

}  // namespace dyce
