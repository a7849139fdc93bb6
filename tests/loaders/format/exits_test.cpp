// The key dyce.exits: heads that read more than their site, sites that are laid out otherwise, and the text of
// plain models, which is what it was before there were such.
#include "tests/graph/exits/side_nets.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/support.h"

#include <functional>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

ModelData model_with(ExitNet net) {
    ModelData model = tiny_model();
    model.members[0].graph = std::move(net.graph);
    model.members[0].exits = std::move(net.exits);
    return model;
}

ExitNet channels_last_net() {
    Net net(5);
    ValueId x = net.op("Transpose", {net.conv(net.input({1, 3, 8, 8}), 6, 3)}, {{"perm", Ints{0, 2, 3, 1}}});
    for (const char* name : {"s0", "s1"}) x = net.op("Add", {x, net.matmul(x, 6)}, {}, name);
    const ValueId mean =
        net.op("ReduceMean", {x}, {{"axes", Ints{1, 2}}, {"keepdims", std::int64_t{0}}}, "mean");
    const ValueId logits = net.gemm(mean, 5);
    return side_net(std::move(net), {logits}, {"s0", "s1", "mean"}, {});
}

ExitNet tokens_net() {
    Net net(6);
    const ValueId image = net.input({1, 3, 8, 8});
    const ValueId map = net.op("Reshape", {net.conv(image, 6, 3, 1, true, 2)}, {{"shape", Ints{0, 6, 16}}});
    const ValueId row = net.op("ExpandToBatch", {net.weights({1, 1, 6}), image});
    ValueId x = net.op("Concat", {row, net.op("Transpose", {map}, {{"perm", Ints{0, 2, 1}}})},
                       {{"axis", std::int64_t{1}}});
    for (const char* name : {"s0", "s1"}) x = net.op("Add", {x, net.matmul(x, 6)}, {}, name);
    const ValueId mean = net.op("ReduceMean", {x}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}});
    const ValueId logits = net.gemm(mean, 5);
    return side_net(std::move(net), {logits}, {"s0", "s1"}, {});
}

std::string exits_text(const std::string& path) { return ModelParts(path).metadata.at("dyce.exits"); }

void check_exits_refused(const ModelData& model, const std::function<void(Json&)>& change,
                         const std::string& piece) {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, model);
    ModelParts parts(path);
    parts.edit("dyce.exits", change);
    parts.write(path);
    check_refused([&] { load_model(path); }, ErrorCode::kContent, piece);
}

}  // namespace

TEST_CASE("exits key: plain heads are written as they always were") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, model_with(make_branches()));
    CHECK(
        exits_text(path) ==
        R"({"heads":[{"output":"exit0","site":0,"type":"exit0"},{"output":"exit1","site":1,"type":"exit1"}],)"
        R"("sites":["a0","a1"]})");
}

TEST_CASE("exits key: roles, reads and chains are kept") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, model_with(make_chain(ChainKind::kFeeds)));
    CHECK(exits_text(path) ==
          R"({"heads":[{"output":"u0","role":"feed","site":0,"type":"u0"},)"
          R"({"chain":0,"output":"exit0","site":0,"type":"exit0"},)"
          R"({"chain":0,"output":"u1","role":"feed","site":1,"type":"u1"},)"
          R"({"chain":2,"output":"exit2","site":2,"type":"exit2"}],"sites":["s0","s1","s2"]})");
    const auto chain = load_model(path);
    REQUIRE(chain->last().exits.heads.size() == 4);
    CHECK(chain->last().exits.heads[2].role == HeadRole::kFeed);
    CHECK(chain->last().exits.heads[2].chain == 0);
    CHECK(chain->last().exits.heads[2].feed_macs == 48);

    save_model(path, model_with(make_joint_heads()));
    CHECK(exits_text(path) ==
          R"({"heads":[{"output":"exit0","site":0,"type":"exit0"},)"
          R"({"output":"with_c","reads":["c"],"site":1,"type":"with_c"},)"
          R"({"output":"with_both","reads":["c","b"],"site":1,"type":"with_both"}],"sites":["a0","a1"]})");
    CHECK(load_model(path)->last().exits.heads[2].reads == std::vector<std::string>{"c", "b"});
}

TEST_CASE("exits key: a layout is written where a value of that rank is taken for another") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    ExitNet net = channels_last_net();
    save_model(path, model_with(net));
    CHECK(exits_text(path) == R"({"heads":[],"sites":["s0","s1","mean"]})");
    CHECK(load_model(path)->last().exits.sites[1].channels == 8);  // an N x H x W x C map, taken for NCHW
    CHECK(load_model(path)->last().exits.sites[2].layout == SiteLayout::kVector);
    const std::string digest = load_model(path)->digest;

    set_layout(net.graph, net.exits.sites[1], SiteLayout::kChannelsLast);
    save_model(path, model_with(net));
    CHECK(exits_text(path) == R"({"heads":[],"layouts":{"s1":"nhwc"},"sites":["s0","s1","mean"]})");
    const auto model = load_model(path);
    CHECK(model->last().exits.sites[0].layout == SiteLayout::kChannelsFirst);
    CHECK(model->last().exits.sites[1].layout == SiteLayout::kChannelsLast);
    CHECK(model->last().exits.sites[1].channels == 6);
    CHECK(model->digest != digest);
}

TEST_CASE("exits key: tokens that are no patches, and a grid, are written where there are any") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    ExitNet net = tokens_net();
    save_model(path, model_with(net));
    CHECK(exits_text(path) == R"({"heads":[],"sites":["s0","s1"]})");
    const std::string digest = load_model(path)->digest;
    set_tokens(net.graph, net.exits.sites[0], {1, 0, 0});
    set_tokens(net.graph, net.exits.sites[1], {3, 2, 7});
    save_model(path, model_with(net));
    CHECK(exits_text(path) ==
          R"({"grids":{"s1":[2,7]},"heads":[],"prefix":{"s0":1,"s1":3},"sites":["s0","s1"]})");
    const auto model = load_model(path);
    CHECK(model->last().exits.sites[0].tokens == SiteTokens{1, 0, 0});
    CHECK(model->last().exits.sites[1].tokens == SiteTokens{3, 2, 7});
    CHECK(model->digest != digest);

    const std::string where = "m.safetensors: dyce.exits";
    const struct {
        const char* key;
        Json value;
        std::string piece;
    } rows[] = {
        {"prefix",
         {{"s0", 17}},
         where + ".prefix.s0: site s0: is 1x17x6, 17 tokens before the patches given"},
        {"prefix", {{"s0", 0}}, where + ".prefix.s0: found number 0, expected an integer in 1.."},
        {"prefix", {{"s9", 1}}, where + ".prefix: unknown key 's9'"},
        {"prefix", 1, where + ".prefix: found number 1"},
        {"grids",
         {{"s1", {2, 8}}},
         where + ".grids.s1: site s1: is 1x17x6, a grid of 2x8 given for 14 patches"},
        {"grids", {{"s1", {-2, -7}}}, "a grid of -2x-7 given for 14 patches"},
        {"grids", {{"s1", {2}}}, where + ".grids.s1: found"},
        {"grids", {{"s9", {2, 7}}}, where + ".grids: unknown key 's9'"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.key);
        CAPTURE(row.value.dump());
        check_exits_refused(
            *model, [&](Json& json) { json[row.key] = row.value; }, row.piece);
    }
}

TEST_CASE("exits key: what does not belong is refused by name") {
    const auto head = [](std::size_t at, const char* key, const Json& value) {
        return [=](Json& json) { json["heads"][at][key] = value; };
    };
    const std::string where = "m.safetensors: dyce.exits";
    const struct {
        const char* name;
        std::function<void(Json&)> change;
        std::string piece;
    } chain[] = {
        {"unknown role", head(0, "role", "skip"),
         where + ".heads[0].role: found string 'skip', expected exit, feed or gate"},
        {"role that is a number", head(0, "role", 1),
         where + ".heads[0].role: found number 1, expected a string"},
        {"feed that nobody reads", head(3, "chain", 0),
         where + ": exit 1:u1: is a feed, but no head is chained to it"},
        {"exit as wide as a feed", head(0, "role", "exit"),
         where + ": exit 0:u0: makes float32 1x6, expected"},
        {"last head as a feed", head(3, "role", "feed"),
         "exit 2:exit2: is a feed, but no head is chained to it"},
        {"chain of the first head", head(0, "chain", 0),
         where + ".heads[0].chain: found number 0, expected none: no head stands before it"},
        {"chain to itself", head(3, "chain", 3),
         where + ".heads[3].chain: found number 3, expected an integer in 0..2"},
        {"chain before the first", head(3, "chain", -1), where + ".heads[3].chain: found number -1"},
        {"chain that is a name", head(3, "chain", "u1"), where + ".heads[3].chain: found string 'u1'"},
        {"reads that is a name", head(3, "reads", "s0"), where + ".heads[3].reads: found string 's0'"},
        {"reads of numbers", head(3, "reads", {1}), where + ".heads[3].reads[0]: found number 1"},
        {"reads of what it does not read", head(3, "reads", {"s0"}),
         where + ": exit 2:exit2: does not read 's0'"},
        {"skips of an exit", head(3, "skips", 1), "exit 2:exit2: skips a stage, which only gates do"},
        {"widths", head(3, "widths", 1), where + ".heads[3]: unknown key 'widths'"},
        {"layouts of no site",
         [](Json& json) {
             json["layouts"] = {{"s9", "nhwc"}};
         },
         where + ".layouts: unknown key 's9'"},
        {"prefix of a map",
         [](Json& json) {
             json["prefix"] = {{"s1", 1}};
         },
         where + ".prefix.s1: site s1: is 1x8x8x8, which are no tokens"},
        {"unknown layout",
         [](Json& json) {
             json["layouts"] = {{"s1", "chwn"}};
         },
         where + ".layouts.s1: found string 'chwn', expected nchw, nhwc, tokens or vector"},
        {"layout of another rank",
         [](Json& json) {
             json["layouts"] = {{"s1", "tokens"}};
         },
         where + ".layouts.s1: site s1: is 1x8x8x8, which cannot be laid out as tokens"},
    };
    const ModelData model = model_with(make_chain(ChainKind::kFeeds));
    for (const auto& row : chain) {
        CAPTURE(row.name);
        check_exits_refused(model, row.change, row.piece);
    }
}
