// Covers check_heads, head_nodes.
// Heads that read more than their site (graph/exits/{check_heads,head_nodes,interleave}.cpp): what belongs to
// whom, what it costs, what is refused. Costs are worked out by hand from the sizes of the layers.
#include "graph/exits/head_builder.h"
#include "graph/exits/interleave.h"
#include "graph/interpreter.h"
#include "tests/graph/exits/side_nets.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

std::vector<std::int64_t> costs(const std::vector<ExitHead>& heads, std::int64_t ExitHead::*which) {
    std::vector<std::int64_t> result;
    for (const ExitHead& head : heads) result.push_back(head.*which);
    return result;
}

using Costs = std::vector<std::int64_t>;

// "stage@0 head0 stage@1 ..": what ends where.
std::string parts_of(const InterleavedGraph& network) {
    std::string text;
    for (const StageNodes& part : network.parts)
        text += (text.empty() ? "" : " ") +
                (part.head < 0 ? "stage@" + std::to_string(part.site) : "head" + std::to_string(part.head));
    return text;
}

// The operators of a part; feeds behind a bar.
std::string nodes_of(const InterleavedGraph& network, std::size_t part) {
    const StageNodes& range = network.parts[part];
    std::string text;
    for (int n = range.first_node; n < range.end_node; ++n) {
        if (n == range.first_feed) text += " |";
        text += " " + std::string(network.graph.nodes[static_cast<std::size_t>(n)].spec->name);
    }
    return text;
}

Tensor ramp_image() {
    Tensor image(DataType::kFloat32, {1, 3, 8, 8});
    for (int i = 0; i < 192; ++i) image.mutable_data<float>()[i] = static_cast<float>(i % 13 - 6) / 5.f;
    return image;
}

}  // namespace

TEST_CASE("side values: what later heads read is a feed, paid by every row that passes") {
    const std::int64_t stem = 8 * 64 * 27, block = 8 * 64 * 72;
    SUBCASE("sums") {
        const ExitNet net = make_chain(ChainKind::kSums);
        CHECK(costs(net.exits.heads, &ExitHead::feed_macs) == Costs{8 * 6, 8 * 6, 0});
        CHECK(costs(net.exits.heads, &ExitHead::macs) == Costs{6 * 5, 6 * 5, 8 * 6 + 6 * 5});
        const auto sites = list_sites({{&net.graph, &net.exits, stem + 4 * block + 40}});
        REQUIRE(sites.size() == 4);
        CHECK(sites[0].macs == stem + block + 48);
        CHECK(sites[1].macs == stem + 2 * block + 96);
        CHECK(sites[2].macs == stem + 3 * block + 96);
        CHECK(sites[3].macs == stem + 4 * block + 40 + 96);
        CHECK(sites[1].heads[0].index == 1);
    }
    SUBCASE("logits that are read again") {
        const ExitNet net = make_chain(ChainKind::kBoosted);
        CHECK(costs(net.exits.heads, &ExitHead::feed_macs) == Costs{8 * 5, 8 * 5, 0});
        CHECK(costs(net.exits.heads, &ExitHead::macs) == Costs{0, 0, 8 * 5});
    }
    SUBCASE("rows of their own") {
        const ExitNet net = make_chain(ChainKind::kFeeds);
        CHECK(costs(net.exits.heads, &ExitHead::feed_macs) == Costs{8 * 6, 0, 8 * 6, 0});
        CHECK(costs(net.exits.heads, &ExitHead::macs) == Costs{0, 6 * 5, 0, 8 * 6 + 6 * 5});
        const auto sites = list_sites({{&net.graph, &net.exits, 0}});
        CHECK(sites[0].heads.size() == 1);  // a feed is no exit
        CHECK(sites[0].heads[0].index == 1);
        CHECK(sites[1].heads.empty());
        CHECK(sites[2].heads[0].index == 3);
    }
}

TEST_CASE("side values: feeds run with the stage, heads by themselves") {
    const auto sums = make_chain(ChainKind::kSums);
    const InterleavedGraph chain = interleave(sums.graph, sums.exits);
    CHECK(parts_of(chain) == "stage@0 head0 stage@1 head1 stage@2 head2 stage@-1");
    CHECK(nodes_of(chain, 0) == " Conv Conv | PooledMlp");
    CHECK(nodes_of(chain, 1) == " Relu Gemm");
    CHECK(nodes_of(chain, 2) == " Conv | PooledMlp Add");
    CHECK(nodes_of(chain, 4) == " Conv");

    const auto feeds = make_chain(ChainKind::kFeeds);
    const InterleavedGraph rows = interleave(feeds.graph, feeds.exits);
    CHECK(parts_of(rows) == "stage@0 head0 head1 stage@2 head2 head3 stage@-1");
    CHECK(nodes_of(rows, 0) == " Conv Conv | PooledMlp");
    CHECK(nodes_of(rows, 1) == "");
    CHECK(nodes_of(rows, 3) == " Conv Conv | PooledMlp Add");

    const auto plain = make_branches();
    CHECK(parts_of(interleave(plain.graph, plain.exits)) == "stage@0 head0 stage@1 head1 stage@-1");
}

TEST_CASE("side values: the interleaved network computes what the network does") {
    for (const ExitNet& net : {make_branches(), make_joint_heads(), make_chain(ChainKind::kSums),
                               make_chain(ChainKind::kBoosted), make_chain(ChainKind::kFeeds)}) {
        const auto want = interpret(net.graph, {ramp_image()});
        const auto got = interpret(interleave(net.graph, net.exits).graph, {ramp_image()});
        REQUIRE(got.size() == net.exits.heads.size() + 1);
        for (std::size_t h = 0; h < got.size(); ++h) {
            const Tensor& tensor = want[h == 0 ? 0 : static_cast<std::size_t>(net.exits.heads[h - 1].output)];
            REQUIRE(tensor.type() == got[h].type());
            for (std::int64_t i = 0; i < tensor.elements(); ++i)
                CHECK(got[h].data<float>()[i] == doctest::Approx(tensor.data<float>()[i]).epsilon(1e-4));
        }
    }
}

TEST_CASE("side values: a head reads what it says, and nothing else") {
    const ExitNet joint = make_joint_heads(), chain = make_chain(ChainKind::kSums);
    const std::vector<std::string> a = {"a0", "a1"}, s = {"s0", "s1", "s2"};
    const auto kExit = HeadRole::kExit;
    const struct {
        const char* name;
        const ExitNet& net;
        const std::vector<std::string>& sites;
        std::vector<HeadRow> rows;
        const char* piece;
    } rows[] = {
        {"reads left out", joint, a, {{1, "with_c"}}, "exit 1:with_c: reads 'c', expected its site 'a1'"},
        {"one of two left out",
         joint,
         a,
         {{1, "with_both", kExit, {"c"}}},
         "reads 'b', expected its site 'a1', 'c'"},
        {"one too many", joint, a, {{1, "with_c", kExit, {"c", "b"}}}, "does not read 'b'"},
        {"another site", joint, a, {{0, "with_c", kExit, {"c"}}}, "reads 'a1', expected its site 'a0', 'c'"},
        {"its site, again", joint, a, {{0, "exit0", kExit, {"a0"}}}, "reads 'a0' twice"},
        {"twice", joint, a, {{1, "with_c", kExit, {"c", "c"}}}, "reads 'c' twice"},
        {"no value",
         joint,
         a,
         {{1, "with_c", kExit, {"d"}}},
         "reads 'd', expected an input, or a value of the backbone that is made before its site"},
        {"a later value", joint, a, {{0, "exit0", kExit, {"a1"}}}, "reads 'a1', expected an input"},
        {"a weight", joint, a, {{0, "exit0", kExit, {"w0"}}}, "reads 'w0', expected an input"},
        {"a value of a head",
         chain,
         s,
         {{0, "exit0"}, {1, "exit1", kExit, {"u0"}}},
         "reads 'u0', expected an input"},
        {"chain left out",
         chain,
         s,
         {{0, "exit0"}, {1, "exit1"}},
         "exit 1:exit1: reads 's0', expected its site 's1'"},
        {"chain to itself",
         chain,
         s,
         {{0, "exit0", kExit, {}, 0}},
         "is chained to head 0, expected one of those before it"},
        {"chain to a later head",
         chain,
         s,
         {{0, "exit0", kExit, {}, 1}, {1, "exit1", kExit, {}, 0}},
         "is chained to head 1, expected one of those before it"},
        {"chain to a head that it does not read",
         joint,
         a,
         {{0, "exit0"}, {1, "with_c", kExit, {"c"}, 0}},
         "reads no value of the head before it in its chain, exit0"},
        {"chain over a head",
         chain,
         s,
         {{0, "exit0"}, {1, "exit1", kExit, {}, 0}, {2, "exit2", kExit, {}, 0}},
         "exit 2:exit2: reads 's1', expected its site 's2', or a value of exit0"},
        {"a feed that nobody reads",
         chain,
         s,
         {{0, "exit0", HeadRole::kFeed}},
         "is a feed, but no head is chained to it"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK_THROWS_WITH_AS(table_of(row.net.graph, row.sites, row.rows), doctest::Contains(row.piece),
                             Error);
    }
    const ExitNet feeds = make_chain(ChainKind::kFeeds);
    CHECK_THROWS_WITH_AS(table_of(feeds.graph, s, {{0, "u0"}}),
                         doctest::Contains("makes float32 1x6, expected what the classifier makes: 1x5"),
                         Error);
    CHECK_THROWS_WITH_AS(table_of(feeds.graph, s, {{0, "u0", HeadRole::kGate}}),
                         doctest::Contains("exit 0:u0: skips to site -1, expected the next one, 1"), Error);
}

TEST_CASE("side values: chains stay as they are when heads come and go") {
    ExitNet net = make_chain(ChainKind::kSums);
    CHECK_THROWS_WITH_AS(remove_head(net.graph, net.exits, 0),
                         doctest::Contains("exit.1.exit1: reads values of exit0"), Error);
    const HeadType linear = *parse_head_type("linear");
    const HeadLayer layer{Tensor(DataType::kFloat32, {5, 8}), Tensor(DataType::kFloat32, {5})};
    attach_head(net.graph, net.exits, 0, linear, {layer});
    const auto chains = [&] {
        std::vector<int> result;
        for (const ExitHead& head : net.exits.heads) result.push_back(head.chain);
        return result;
    };
    CHECK(chains() == std::vector<int>{-1, -1, 0, 2});
    remove_head(net.graph, net.exits, 1);
    CHECK(chains() == std::vector<int>{-1, 0, 1});
    complete_heads(net.graph, net.exits);
}
