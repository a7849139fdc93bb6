// Models with gates, as files hold them.
#pragma once

#include "tests/graph/exits/gated_net.h"
#include "tests/loaders/format/tiny_model.h"

#include <vector>

namespace dyce::test {

/// For the images of tiny_model().
inline Member gated_member(double tau = kGateThreshold, int blocks = 4, unsigned seed = 1) {
    ExitNet net = make_gated_net(blocks, seed);
    Member member = tiny_model().members[0];
    member.architecture = "gated";
    member.graph = std::move(net.graph);
    member.exits = std::move(net.exits);
    member.gate_threshold = tau;
    return member;
}

/// One member for each tau, over the same tensors.
inline ModelData gated_model(const std::vector<double>& taus) {
    ModelData model;
    for (const double tau : taus) model.members.push_back(gated_member(tau));
    return model;
}

}  // namespace dyce::test
