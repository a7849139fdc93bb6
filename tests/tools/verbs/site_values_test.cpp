// What `dyce inspect` lists of the values that exits may read, and how `dyce train` and `dyce convert` speak of them.
#include "graph/exits/import_sites.h"
#include "loaders/format/json.h"
#include "tests/graph/exits/token_nets.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dyce;
using namespace dyce::test;

namespace {

// 16 patches behind a class token, two blocks.
ModelData transformer_model() {
    Member member;
    member.architecture = "small";
    member.graph = make_vit(2);
    member.exits.sites = find_import_sites(member.graph);
    member.preprocess.height = member.preprocess.width = 16;
    ModelData model;
    model.members.push_back(std::move(member));
    return model;
}

bool holds(const std::string& text, const std::string& piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("inspect lists the values that exits may read, how they are laid out, and which are sites") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", transformer_model());
    const Outcome outcome = run_program("inspect " + folder / "m.safetensors" + " --values --json");
    REQUIRE(outcome.code == 0);
    const Json document = Json::parse(outcome.out);
    CHECK(document["sites"][0]["layout"] == "tokens");
    CHECK(document["sites"][0]["prefix"] == 1);
    const Json& values = document["member_list"][0]["values"];
    const auto named = [&](const std::string& name) {
        return *std::find_if(values.begin(), values.end(),
                             [&](const Json& row) { return row["name"] == name; });
    };
    const Json block = named("b0"), attention = named("b0.attention");
    CHECK(block["shape"] == Json({1, 17, 8}));
    CHECK(block["channels"] == 8);
    CHECK(block["alone"] == true);
    CHECK(block["site"] == 0);
    CHECK(attention["site"].is_null());
    CHECK(attention["alone"] == true);
    CHECK(attention["macs"].get<int>() < block["macs"].get<int>());
    for (const Json& row : values) CHECK(row["shape"][0] == 1);

    const std::string text = run_program("inspect " + folder / "m.safetensors" + " --values").out;
    CHECK(holds(text, "1x17x8"));
    CHECK(holds(text, "16 tokens behind 1"));
    CHECK(holds(run_program("inspect " + folder / "m.safetensors").out, "(16 tokens behind 1)"));
}

TEST_CASE("train says which values could be sites where there is nothing to train at") {
    const TempFolder folder;
    ModelData model = transformer_model();
    save_model(folder / "m.safetensors", model);
    model.members[0].exits.sites.clear();
    model.members[0].exits.sites = find_sites(model.members[0].graph);
    save_model(folder / "none.safetensors", model);
    const auto trained = [&](const std::string& name, const std::string& heads) {
        const Outcome outcome = run_program("train " + folder / name + " --data " + folder / "x" +
                                            " --heads " + heads + " -o " + folder / "o.safetensors");
        CHECK(outcome.code == 2);
        return outcome.err;
    };
    const std::string none = trained("none.safetensors", "linear");
    CHECK(holds(none, "has no exit sites; `dyce convert --sites-at NAME,..` takes values such as '"));
    CHECK(holds(none, "(`dyce inspect --values` lists all)"));
    const std::string misfit = trained("m.safetensors", "grid5-linear");
    CHECK(holds(misfit, "site 0 gets no grid5-linear: the grid is larger than the feature map, 1x17x8"));
    CHECK(holds(misfit, "no head fits any site; `dyce convert --sites-at"));
}
