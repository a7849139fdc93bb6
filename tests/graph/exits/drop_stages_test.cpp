// A network without some blocks is the one that is built without them.
#include "graph/exits/drop_stages.h"

#include "graph/exits/head_builder.h"
#include "graph/interpreter.h"
#include "graph/verify.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/support/check_throws.h"

using namespace dyce;
using namespace dyce::test;

namespace {

std::vector<std::string> site_names(const ExitTable& exits) {
    std::vector<std::string> names;
    for (const Site& site : exits.sites) names.push_back(site.name);
    return names;
}

}  // namespace

TEST_CASE("drop_stages: what is left is the network built without these blocks") {
    const std::vector<std::pair<std::vector<int>, std::vector<int>>> rows = {{{}, {0, 1, 2, 3, 4}},
                                                                             {{2}, {0, 1, 3, 4}},
                                                                             {{4, 1}, {0, 2, 3}},
                                                                             {{2, 3}, {0, 1, 4}},
                                                                             {{1, 2, 3, 4}, {0}}};
    const Tensor images = random_tensor({2, 3, 8, 8}, 5);
    for (const auto& [dropped, left] : rows) {
        Member member = residual_network({0, 1, 2, 3, 4}).members[0];
        drop_stages(member.graph, member.exits, dropped);
        const Member expected = residual_network(left).members[0];
        CHECK(site_names(member.exits) == site_names(expected.exits));
        CHECK(count_macs(member.graph) == count_macs(expected.graph));
        CHECK(member.graph.values.size() == expected.graph.values.size());
        CHECK(largest_difference(interpret(member.graph, {images})[0],
                                 interpret(expected.graph, {images})[0]) == 0);
    }
}

TEST_CASE("drop_stages: heads go with the blocks") {
    Member member = residual_network({0, 1, 2}).members[0];
    attach_head(member.graph, member.exits, 1, *parse_head_type("linear"),
                {{Tensor(DataType::kFloat32, {4, 16}), Tensor(DataType::kFloat32, {4})}});
    REQUIRE(member.graph.outputs.size() == 2);
    drop_stages(member.graph, member.exits, {2});
    CHECK(member.exits.heads.empty());
    CHECK(member.graph.outputs.size() == 1);
    CHECK(member.graph.values.size() == residual_network({0, 1}).members[0].graph.values.size());
}

TEST_CASE("drop_stages: what cannot be dropped is named, with the reason") {
    const struct {
        std::vector<int> stages;
        const char* where;
        const char* why;
    } rows[] = {{{0}, "block 0", "is the first"},
                {{2, 3}, "block 3", "the network has 3"},
                {{-1}, "block -1", "does not exist"},
                {{1, 2, 1}, "block 1", "is there twice"}};
    for (const auto& row : rows) {
        Member member = residual_network({0, 1, 2}).members[0];
        check_throws([&] { drop_stages(member.graph, member.exits, row.stages); }, ErrorCode::kUsage, row.why,
                     row.where);
    }
}
