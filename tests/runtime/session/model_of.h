// Models with exits for images of 8x8.
#pragma once

#include "loaders/format/model_file.h"
#include "tests/runtime/flow/exit_net.h"

#include <memory>
#include <vector>

namespace dyce::test {

/// A member of that network for images of 8x8.
inline Member exit_member(ExitNet net) {
    Member member;
    member.graph = std::move(net.graph);
    member.exits = std::move(net.exits);
    member.preprocess.height = member.preprocess.width = 8;
    return member;
}

/// One member of the given number of blocks each; in a cascade their preprocessing differs.
inline std::shared_ptr<ModelData> model_of(const std::vector<int>& blocks) {
    auto model = std::make_shared<ModelData>();
    for (const int count : blocks) {
        Member member = exit_member(make_exit_net(count, static_cast<unsigned>(count)));
        member.macs = count_macs(member.graph);
        for (const ExitHead& head : member.exits.heads) member.macs -= head.macs;
        member.preprocess.mean = {0.5f, 0.5f, 0.5f};
        member.preprocess.std = {0.25f, 0.25f, 0.1f * static_cast<float>(count)};
        model->members.push_back(std::move(member));
    }
    model->classes = 5;
    model->digest = "0123456789abcdef0123456789abcdef";
    model->preprocess_digest = "fedcba9876543210fedcba9876543210";
    return model;
}

}  // namespace dyce::test
