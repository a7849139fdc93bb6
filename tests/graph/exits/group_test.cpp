// Covers head_group.
// Heads that have something in common: what they compute and cost, and what becomes of the rest when some are
// replaced.
#include "tests/graph/exits/group_nets.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <set>
#include <string_view>

using namespace dyce;
using namespace dyce::test;

namespace {

Tensor noisy_image() {
    Tensor image(DataType::kFloat32, {1, 3, 8, 8});
    for (int i = 0; i < 192; ++i)
        image.mutable_data<float>()[i] = static_cast<float>(i * 37 % 101) / 50.f - 1;
    return image;
}

const ExitHead& head_at(const ExitNet& net, int site, std::string_view type) {
    return *std::find_if(net.exits.heads.begin(), net.exits.heads.end(),
                         [&](const ExitHead& head) { return head.site == site && head.type == type; });
}

void check_logits(const ExitNet& net, const std::string& type,
                  const std::map<int, std::vector<double>>& expected) {
    const auto outputs = interpret(net.graph, {noisy_image()});
    for (const auto& row : expected) {
        CAPTURE(row.first);
        const Tensor& found = outputs[static_cast<std::size_t>(head_at(net, row.first, type).output)];
        REQUIRE(found.elements() == 5);
        for (std::size_t k = 0; k < 5; ++k)
            CHECK(static_cast<double>(found.data<float>()[k]) ==
                  doctest::Approx(row.second[k]).epsilon(1e-4));
    }
}

// Constants of that shape that nodes read.
std::multiset<std::string> constants_of(const Graph& graph, const Shape& shape) {
    std::multiset<std::string> names;
    for (const Value& value : graph.values)
        if (value.constant && value.constant->shape() == shape) names.insert(value.name);
    return names;
}

std::size_t find_head(const ExitNet& net, int site, const std::string& type) {
    return static_cast<std::size_t>(&head_at(net, site, type) - net.exits.heads.data());
}

}  // namespace

TEST_CASE("groups: heads compute what plain loops say, one after another and in any mixture") {
    const Tensor image = noisy_image();
    for (const char* name : {"stage-grid2-6", "stage-grid4-1", "shared-grid2-6", "shared-grid4-3"}) {
        CAPTURE(name);
        ExitNet net = make_sites_net();
        const HeadType type = *parse_head_type(name);
        const Groups groups = random_groups(net, type, {0, 1, 2, 3});
        CHECK(groups.size() == (type.family.one_matrix ? 2 : 1));
        attach_groups(net, type, groups);
        std::mt19937 random(1);
        for (const int site : {0, 3})
            attach_head(net.graph, net.exits, site, *parse_head_type("linear"),
                        random_layers(*parse_head_type("linear"), site == 0 ? 8 : 12, 5, random));
        CHECK(net.exits.heads.size() == 6);
        for (const auto& group : groups) check_logits(net, name, plain_group(net, type, group, image));
    }
}

TEST_CASE("groups: one matrix is one constant, and costs are those of the formula") {
    const ExitNet stage = make_group_net("stage-grid2-6");
    CHECK(constants_of(stage.graph, {6, 8 * 4}) ==
          std::multiset<std::string>{"exit.0.stage-grid2-6.fc0.weight"});
    CHECK(constants_of(stage.graph, {6, 12 * 4}) ==
          std::multiset<std::string>{"exit.2.stage-grid2-6.fc0.weight"});
    CHECK(constants_of(stage.graph, {5, 6}).size() == 4);
    for (const int site : {0, 1, 2, 3}) {
        const ExitHead& head = head_at(stage, site, "stage-grid2-6");
        CHECK(head.macs == (site < 2 ? 8 : 12) * 4 * 6 + 6 * 5);
        CHECK(head.feed_macs == 0);
        CHECK(head.chain == -1);
    }
    // The last one has nothing behind it that would read its sum.
    const ExitNet shared = make_group_net("shared-grid2-6");
    for (const int site : {0, 1, 2, 3}) {
        const ExitHead& head = head_at(shared, site, "shared-grid2-6");
        const std::int64_t feed = (site < 2 ? 8 : 12) * 4 * 6;
        CHECK(head.macs == (site == 3 ? feed : 0) + 6 * 5);
        CHECK(head.feed_macs == (site == 3 ? 0 : feed));
        CHECK(head.chain == site - 1);
    }
}

TEST_CASE("groups: heads that are not replaced keep the matrix they had") {
    const Tensor image = noisy_image();
    const HeadType type = *parse_head_type("stage-grid2-6");
    ExitNet net = make_sites_net();
    const Groups old = random_groups(net, type, {0, 1});
    attach_groups(net, type, old);
    const Groups fresh = random_groups(net, type, {0}, 77);
    attach_groups(net, type, fresh);
    CHECK(net.exits.heads.size() == 2);
    CHECK(net.graph.outputs.size() == 3);
    CHECK(constants_of(net.graph, {6, 32}) ==
          std::multiset<std::string>{"exit.0.stage-grid2-6.fc0.weight", "exit.0.stage-grid2-6.fc0.weight_2"});
    auto expected = plain_group(net, type, old[0], image);
    expected[0] = plain_group(net, type, fresh[0], image).at(0);
    check_logits(net, type.name, expected);

    remove_head(net.graph, net.exits, find_head(net, 0, type.name));
    CHECK(constants_of(net.graph, {6, 32}).size() == 1);
    remove_head(net.graph, net.exits, find_head(net, 1, type.name));
    CHECK(constants_of(net.graph, {6, 32}).empty());
}

TEST_CASE("groups: a chain is replaced as a whole") {
    const HeadType type = *parse_head_type("shared-grid2-6");
    ExitNet net = make_group_net(type.name);
    CHECK_THROWS_WITH_AS(remove_head(net.graph, net.exits, 0), doctest::Contains("reads values of"), Error);
    const Groups fresh = random_groups(net, type, {1, 3}, 77);
    attach_groups(net, type, fresh);
    CHECK(net.exits.heads.size() == 2);
    CHECK(head_at(net, 1, type.name).chain == -1);
    CHECK(head_at(net, 3, type.name).chain == 0);
    check_logits(net, type.name, plain_group(net, type, fresh[0], noisy_image()));
}

TEST_CASE("groups: what does not fit is refused, and nothing is changed") {
    ExitNet net = make_sites_net();
    const HeadType stage = *parse_head_type("stage-grid2-6"), shared = *parse_head_type("shared-grid2-6");
    const Groups good = random_groups(net, stage, {0, 1});
    const auto refusal = [&](const HeadType& type, const std::vector<HeadWeights>& heads) -> std::string {
        try {
            attach_group(net.graph, net.exits, type, heads);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    const auto contains = [](const std::string& text, const char* piece) {
        return text.find(piece) != std::string::npos;
    };
    for (const char* name : {"stage-grid1-6", "shared-grid1-6"}) {
        const HeadType type = *parse_head_type(name);
        CHECK_FALSE(head_fits(net.graph, net.exits.sites[4], type));
        CHECK(contains(refusal(type, random_groups(net, type, {4})[0]), "a vector is none, 1x12"));
    }
    CHECK_FALSE(head_fits(net.graph, net.exits.sites[2], *parse_head_type("stage-grid5-6")));
    auto heads = good[0];
    std::swap(heads[0], heads[1]);
    CHECK(contains(refusal(stage, heads), "not behind"));
    heads = good[0];
    heads[1].layers[0].weight = random_groups(net, stage, {1}, 8)[0][0].layers[0].weight;
    CHECK(contains(refusal(stage, heads), "not that of the group"));
    heads = good[0];
    heads[1].factors = Tensor(DataType::kFloat32, {7});
    CHECK(contains(refusal(stage, heads), "expected float32 32"));
    heads = good[0];
    heads[1].site = 2;
    CHECK(contains(refusal(stage, heads), "expected float32 6x48"));
    CHECK(contains(refusal(shared, {{5, {}}}), "5 sites"));
    CHECK(net.exits.heads.empty());
    CHECK(net.graph.outputs.size() == 1);
}
