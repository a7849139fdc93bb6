// Covers search/simulate/bench_document.
// classify, eval and bench within budgets: what images take, counted by hand, and what is refused.
#include "tools/cli/budget_options.h"

#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

constexpr int kFirst = kExitMacs[0] + kExitHeadMacs, kSecond = kExitMacs[1] + kExitHeadMacs;

// As bench --segments --json writes it; stages take 4, 2 and 1 ms.
std::string times_text(const std::string& stages) {
    return R"({"schema": "dyce.bench/1", "results": [{"batch": 8, "threads": 1, "segments": null},
               {"batch": 1, "threads": 1, "segments": )" +
           stages + "}]}";
}
const char* const kTimes = R"([
    {"site": 0, "segment_ms": 4, "heads": [{"type": "exit0", "ms": 0.5}, {"type": "quad0", "ms": 0.25}]},
    {"site": 1, "segment_ms": 2, "heads": [{"type": "exit1", "ms": 0.5}, {"type": "quad1", "ms": 0.25}]},
    {"site": 2, "segment_ms": 1, "heads": [{"type": "final", "ms": 0}]}])";

struct BudgetInputs {
    TempFolder folder;
    BudgetInputs() {
        write_exit_inputs(folder);
        write_exit_set(folder);
        write_file(folder / "times.json", times_text(kTimes));
    }
    std::string path(const std::string& name) const { return folder / name; }
    std::string times() const { return " --times " + path("times.json"); }
    std::string config(const std::string& name) const {
        return " --config " + path("set.configs.json") + ":" + name;
    }

    std::vector<json> classify(const std::string& more) const {
        const Outcome outcome =
            run_program("classify " + path("m.safetensors") + " -r " + path("data") + " --jsonl" + more);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        std::vector<json> answers;
        std::istringstream lines(outcome.out);
        for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line));
        REQUIRE(answers.size() == 40);
        return answers;
    }
    json eval(const std::string& more) const {
        const Outcome outcome =
            run_program("eval " + path("m.safetensors") + " --data " + path("data") + " --json" + more);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return json::parse(outcome.out);
    }
    void refuses(const std::string& command, int code, const std::string& piece) const {
        const Outcome outcome = run_program(command);
        CAPTURE(command);
        CAPTURE(outcome.err);
        CHECK(outcome.code == code);
        CHECK(outcome.out.empty());
        CHECK(outcome.err.find(piece) != std::string::npos);
    }
};

}  // namespace

TEST_CASE("classify within a budget: each answer tells what it took and that it was cut") {
    const BudgetInputs inputs;
    CHECK_FALSE(inputs.classify("")[0].contains("cut"));
    struct Row {
        std::string options;
        int site, macs;
        const char *type, *cut;
    };
    const auto macs = [](int budget) { return " --budget-macs " + std::to_string(budget); };
    for (const Row& row :
         {Row{macs(kFirst), 0, kFirst, "exit0", "budget"},
          {macs(kSecond - 1) + " --batch 7", 0, kFirst, "exit0", "budget"},
          {macs(kBackboneMacs), 2, kBackboneMacs, "final", "none"},
          {" --budget-ms 6" + inputs.times(), 0, kExitMacs[0] + kQuadHeadMacs, "quad0", "budget"},
          {" --budget-ms 6.25" + inputs.times(), 1, kExitMacs[1] + kQuadHeadMacs, "quad1", "budget"},
          {" --budget-ms 7" + inputs.times(), 2, kBackboneMacs, "final", "none"},
          {" --budget-ms 7" + inputs.times() + macs(kSecond - 1), 0, kFirst, "exit0", "budget"},
          {macs(kSecond + kQuadHeadMacs - 1) + inputs.config("none"), 0, kExitMacs[0] + kQuadHeadMacs,
           "quad0", "budget"},
          {macs(kSecond + kQuadHeadMacs) + inputs.config("none") + " --deadline-ms 100000000", 1,
           kSecond + kQuadHeadMacs, "exit1", "budget"},
          {macs(kBackboneMacs) + inputs.config("first"), 0, kExitMacs[0] + kQuadHeadMacs, "quad0", "none"}})
        for (const json& answer : inputs.classify(row.options)) {
            CAPTURE(row.options);
            CHECK(answer["exit_site"] == row.site);
            CHECK(answer["macs"] == row.macs);
            CHECK(answer["exit_type"] == row.type);
            CHECK(answer["cut"] == row.cut);
            CHECK(answer["late"] == false);
        }
}

TEST_CASE("eval within a budget counts who was cut and tells the most that one took") {
    const BudgetInputs inputs;
    const json free = inputs.eval("");
    CHECK_FALSE(free.contains("cut"));
    CHECK_FALSE(free.contains("max_macs"));
    json row = inputs.eval(" --budget-macs " + std::to_string(kSecond - 1));
    CHECK(row["macs"] == kFirst);
    CHECK(row["max_macs"] == kFirst);
    CHECK(row["cut"] == json({{"budget", 40}}));
    CHECK(row["exit_share"] == json({1, 0, 0}));
    row = inputs.eval(" --budget-ms 7" + inputs.times());
    CHECK(row["cut"] == json({{"budget", 0}}));
    CHECK(row["max_macs"] == kBackboneMacs);
    CHECK(row["accuracy"] == free["accuracy"]);
    const Outcome text = run_program("eval " + inputs.path("m.safetensors") + " --data " +
                                     inputs.path("data") + " --budget-macs " + std::to_string(kFirst));
    CHECK(text.out.find("40 images (100.0 %) cut by the budget; the most that one took: " +
                        std::to_string(kFirst)) != std::string::npos);
}

TEST_CASE("bench within a budget times the configurations so, beside exits off without one") {
    const BudgetInputs inputs;
    const auto rows = [&](const std::string& more) {
        const Outcome outcome =
            run_program("bench " + inputs.path("m.safetensors") + " --data " + inputs.path("data") +
                        " --batch 4 --threads 1 --duration 0.02 --json" + more);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return json::parse(outcome.out)["results"];
    };
    const json off = rows(" --budget-macs " + std::to_string(kFirst));
    REQUIRE(off.size() == 2);
    CHECK(off[0]["macs"] == kBackboneMacs);
    CHECK_FALSE(off[0].contains("budget_macs"));
    CHECK(off[1]["macs"] == kFirst);
    CHECK(off[1]["max_macs"] == kFirst);
    CHECK(off[1]["budget_macs"] == kFirst);
    CHECK(off[1]["cut"]["budget"] == 1.0);
    const json set = rows(inputs.config("none") + " --budget-ms 6.5" + inputs.times());
    REQUIRE(set.size() == 2);
    CHECK(set[1]["configuration"] == "none");
    CHECK(set[1]["budget_ms"] == 6.5);
    CHECK(set[1]["exit_share"] == json({1, 0, 0}));  // 4 + 0.25, then 2 + 0.5 more are too many
    CHECK(rows(inputs.config("none") + " --budget-ms 6.75" + inputs.times())[1]["exit_share"] ==
          json({0, 1, 0}));
}

TEST_CASE("budgets that no answer keeps are refused before the first image, by what is given and the least") {
    const BudgetInputs inputs;
    const std::string classify = "classify " + inputs.path("m.safetensors") + " -r " + inputs.path("data"),
                      eval = "eval " + inputs.path("m.safetensors") + " --data " + inputs.path("data"),
                      bench =
                          "bench " + inputs.path("m.safetensors") + " --json --data " + inputs.path("data");
    for (const std::string& verb : {classify, classify + " --csv", eval, bench}) {
        inputs.refuses(verb + " --budget-macs " + std::to_string(kFirst - 1), 2,
                       std::to_string(kFirst - 1) +
                           " given, but with configuration off the first answer takes " +
                           std::to_string(kFirst));
        inputs.refuses(verb + " --budget-ms 4.125" + inputs.times(), 2, "takes 4.250000");
        inputs.refuses(verb + " --budget-macs 0", 2, "--budget-macs");
        inputs.refuses(verb + " --budget-macs -3", 2, "--budget-macs");
        inputs.refuses(verb + " --budget-macs many", 2, "--budget-macs");
        inputs.refuses(verb + " --budget-ms 0" + inputs.times(), 2, "--budget-ms: 0 given, expected more");
        inputs.refuses(verb + " --budget-ms nan" + inputs.times(), 2, "--budget-ms");
        inputs.refuses(verb + " --budget-ms 5", 2, "--budget-ms: needs --times");
        inputs.refuses(verb + inputs.times(), 2, "--times: needs --budget-ms");
    }
    inputs.refuses(classify + inputs.config("none") + " --budget-macs " + std::to_string(kFirst), 2,
                   "configuration none");
    inputs.refuses("eval --records x.npz --budget-macs 5", 2, "--budget-macs: excludes --records");
    inputs.refuses(bench + " --budget-macs 5 --switch", 2, "--budget-macs: excludes --switch");
    inputs.refuses(bench + " --budget-macs 5 --segments", 2, "--budget-macs: excludes --segments");
    inputs.refuses(bench + " --budget-macs 5 --energy-trace x", 2, "--budget-macs: excludes --energy-trace");
    inputs.refuses(classify + " --budget-macs 5 --progress p --output o", 2,
                   "--progress: excludes --budget-macs");
}

TEST_CASE("times that are missing, broken or of another model are refused by file and field") {
    const BudgetInputs inputs;
    const std::string path = inputs.path("other.json");
    const auto refused = [&](int code, const std::string& piece) {
        inputs.refuses("classify " + inputs.path("m.safetensors") + " -r " + inputs.path("data") +
                           " --budget-ms 5 --times " + path,
                       code, path + piece);
    };
    refused(4, "");
    const auto with = [&](const std::string& stages) { write_file(path, times_text(stages)); };
    write_file(path, "{");
    refused(3, "");
    write_file(path, R"({"schema": "dyce.bench/2", "results": []})");
    refused(3, ".schema");
    with("null");
    refused(2, ": no segments measured at batch 1");
    with(R"([{"site": 0, "heads": []}])");
    refused(3, ".results[1].segments[0]");
    with(R"([{"site": 0, "segment_ms": -1, "heads": []}])");
    refused(3, ".results[1].segments[0].segment_ms");
    with(R"([{"site": 0, "segment_ms": 1, "heads": [{"type": "exit0", "j": 1}]}])");
    refused(3, ".results[1].segments[0].heads[0]");
    with(R"([{"site": 1, "segment_ms": 1, "heads": []}, {"site": 0, "segment_ms": 1, "heads": []}])");
    refused(3, ".results[1].segments[1].site");
    with(R"([{"site": 0, "segment_ms": 1, "heads": [{"type": "final", "ms": 1}]}])");
    refused(2, ": site 0 does not tell what its head exit0 costs");
    with(R"([{"site": 2, "segment_ms": 1, "heads": [{"type": "final", "ms": 0}]}])");
    refused(2, ": site 0 is missing");
    std::string more = kTimes;
    more.insert(more.rfind(']'), R"(, {"site": 3, "segment_ms": 1, "heads": []})");
    with(more);
    refused(2, ": site 3 is not one of the model's");
}
