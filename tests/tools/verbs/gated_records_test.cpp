// Models with gates from the command line: heads, records, searches and what running them says.
#include "loaders/format/json.h"
#include "search/record/record_file.h"
#include "tests/graph/exits/gated_net.h"
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

// g.safetensors with four sites, two heads each and gates at the first three; 60 images in data.
struct GatedInputs {
    GatedInputs() {
        ModelData made;
        made.members.push_back(exit_member(make_gated_net(4)));
        made.members[0].architecture = "gated";
        made.members[0].preprocess.mean = {0.5f, 0.5f, 0.5f};
        made.members[0].preprocess.std = {0.3f, 0.3f, 0.3f};
        save_model(model, made);
        std::mt19937 random(6);
        const auto below = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
        for (int i = 0; i < 60; ++i) {
            std::string rows;
            const unsigned darkest[] = {below(128), below(128), below(128)}, contrast = 1 + below(128);
            for (int y = 0; y < 8; ++y) {
                rows += std::string(1, '\0');  // filter: none
                for (int x = 0; x < 24; ++x) rows += static_cast<char>(darkest[x % 3] + below(contrast));
            }
            write_file(folder / ("data/" + std::to_string(i % 5) + "/" + std::to_string(i) + ".png"),
                       png(png_header(8, 8, 8, 2), zlib_stored(rows)));
        }
    }
    std::string record(const std::string& name, const std::string& options = "") const {
        const Outcome outcome =
            run_program("record " + model + data + " --scores margin --threads 1 --batch 7 -o " +
                        folder / name + " " + options);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return folder / name;
    }

    TempFolder folder;
    std::string model = folder / "g.safetensors", data = " --data " + folder / "data";
};

}  // namespace

TEST_CASE("a record of a model with gates: whole, in shards, killed and gone on with, the same bytes") {
    const GatedInputs inputs;
    const std::string whole = inputs.record("whole.npz");
    const Record record = read_record(whole);
    const auto last = record.paid_at(record.meta.final_position());
    CHECK(std::set<std::int64_t>(last.begin(), last.end()).size() > 1);  // images go several ways
    const std::string one = inputs.record("0.npz", "--shard 0/2"),
                      other = inputs.record("1.npz", "--shard 1/2");
    REQUIRE(run_program("merge " + one + " " + other + " -o " + inputs.folder / "merged.npz").code == 0);
    CHECK(read_file(inputs.folder / "merged.npz") == read_file(whole));

    std::string list = "path,label\n";
    for (int i = 0; i < 1500; ++i)
        list += "data/" + std::to_string(i % 5) + "/" + std::to_string(i % 60) + ".png," +
                std::to_string(i % 5) + "\n";
    write_file(inputs.folder / "list.csv", list);
    const std::string arguments =
        "record " + inputs.model + " --data " + inputs.folder / "list.csv" + " --batch 2 --threads 1 -o ";
    REQUIRE(run_program(arguments + inputs.folder / "long.npz").code == 0);
    int continuations = 0;
    for (double seconds = 0.05;; seconds *= 1.5) {
        const Outcome outcome = run_program(arguments + inputs.folder / "pieces.npz",
                                            "timeout -s KILL " + std::to_string(seconds));
        continuations += outcome.err.find("goes on after the") != std::string::npos ? 1 : 0;
        if (outcome.code == 0) break;
        REQUIRE(seconds < 1000);
    }
    MESSAGE(continuations, " continuations");
    CHECK(read_file(inputs.folder / "pieces.npz") == read_file(inputs.folder / "long.npz"));
}

TEST_CASE("what a search keeps for a model with gates costs, image by image, what running it costs") {
    const GatedInputs inputs;
    const std::string record = inputs.record("r.npz"), set = inputs.folder / "s.configs.json";
    for (const char* score : {"max_softmax", "margin"}) {
        const Outcome searched =
            run_program("search " + record + " --validate " + record + " --score " + score +
                        " --lambda 0.5:1.05:0.05 --objective plain -o " + set + " --embed " + inputs.model);
        CAPTURE(searched.err);
        REQUIRE(searched.code == 0);
        const ConfigurationSet found = ConfigurationSet::load(set);
        CHECK(found.contents().base.macs == load_model(inputs.model)->members[0].macs);
        for (const Configuration& c : found.contents().configurations) {
            const std::string of = " --config " + set + ":" + c.name + " --json --per-image ";
            const Outcome live = run_program("eval " + inputs.model + inputs.data + " --batch 9" + of +
                                             inputs.folder / "live.csv");
            const Outcome recorded =
                run_program("eval --records " + record + of + inputs.folder / "recorded.csv");
            REQUIRE(live.code == 0);
            REQUIRE(recorded.code == 0);
            CHECK(read_file(inputs.folder / "live.csv") == read_file(inputs.folder / "recorded.csv"));
            const Json a = Json::parse(live.out), b = Json::parse(recorded.out);
            for (const char* figure : {"accuracy", "macs", "base_macs", "exit_share"})
                CHECK(a[figure] == b[figure]);
            CHECK(a["macs"] == c.macs);
            CHECK(c.relative_macs == c.macs / static_cast<double>(found.contents().base.macs));
        }
        CHECK(found.contents().configurations.size() > 1);
    }
    CHECK(run_program("report " + set + " --records " + record + " -o " + inputs.folder / "r.html").code ==
          0);
    write_file(inputs.folder / "times.json", "{}");
    const Outcome refused =
        run_program("search " + record + " --latency " + inputs.folder / "times.json" + " -o " + set);
    CHECK(refused.code == 2);
    CHECK(refused.err.find("times.json: says what stages cost, but not which ones the gates") !=
          std::string::npos);
}

TEST_CASE("train gives a model with gates exits, and no gate for an exit") {
    const GatedInputs inputs;
    const std::string trained = inputs.folder / "t.safetensors";
    const Outcome outcome = run_program("train " + inputs.model + inputs.data +
                                        " --heads grid2-linear --epochs 1 --quiet -o " + trained);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const auto model = load_model(trained);
    int gates = 0, heads = 0;
    for (const ExitHead& head : model->members[0].exits.heads) {
        gates += head.role == HeadRole::kGate ? 1 : 0;
        heads += head.type == "grid2-linear" ? 1 : 0;
    }
    CHECK(gates == 3);
    CHECK(heads == 4);
    const Outcome refused =
        run_program("train " + inputs.model + inputs.data + " --heads gate-ff16 -o " + trained);
    CHECK(refused.code == 2);
    CHECK(refused.err.find("\"gate-ff16\" is a gate") != std::string::npos);
}
