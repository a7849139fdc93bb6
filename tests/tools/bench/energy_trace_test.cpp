// Covers capacitor, tools/verbs/bench_energy, tools/cli/memory_limit.
// Harvested energy, simulated: by arithmetic, and by what must hold whatever the harvest.
#include "tools/bench/energy_trace.h"

#include "search/train/network/start_network.h"
#include "tests/loaders/format/gated_model.h"
#include "tests/support/check_throws.h"
#include "tests/tools/exit_inputs.h"
#include "tools/cli/memory_limit.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

// Stages take 4, 2 and 2 mJ and as many ms, heads 0.5 mJ and no time.
const char* const kCosts =
    R"({"schema": "dyce.bench/1", "results": [{"batch": 1, "threads": 1, "segments": [
    {"site": 0, "segment_ms": 4, "segment_j": 0.004, "heads": [{"type": "exit0", "j": 0.0005}, {"type": "quad0", "j": 0.0005}]},
    {"site": 1, "segment_ms": 2, "segment_j": 0.002, "heads": [{"type": "exit1", "j": 0.0005}, {"type": "quad1", "j": 0.0005}]},
    {"site": 2, "segment_ms": 2, "segment_j": 0.002, "heads": [{"type": "final", "j": 0}]}]}]})";

struct TraceInputs {
    TempFolder folder;
    TraceInputs() {
        write_exit_inputs(folder);
        write_exit_set(folder);
        write_file(folder / "costs.json", kCosts);
    }
    json replay(const std::string& harvest, const std::string& setting, const std::string& more = "") const {
        write_file(folder / "harvest.csv", harvest);
        const Outcome outcome = run_program(
            "bench " + folder / "m.safetensors" + " --data " + folder / "data" + " --energy-trace " +
            folder / "harvest.csv" + ":" + setting + ",cost=" + folder / "costs.json" + " --json " + more);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return json::parse(outcome.out)["results"][0]["energy"];
    }
};

}  // namespace

TEST_CASE("capacitor: charges, draws and waits") {
    Capacitor capacitor({{10, 2}, {11, 0}, {13, 4}, {14, 0}}, 5, 1);
    CHECK(capacitor.joules() == 1);
    CHECK(capacitor.seconds() == 10);
    CHECK(capacitor.wait_for(2));
    CHECK(capacitor.seconds() == 10.5);
    capacitor.spend(2, 0.25);
    CHECK(capacitor.joules() == 0.5);
    CHECK(capacitor.wait_for(3));  // 0.5 more until 11, nothing until 13, then 4 a second
    CHECK(capacitor.joules() == 3);
    CHECK(capacitor.seconds() == 13.5);
    capacitor.spend(0, 10);
    CHECK(capacitor.joules() == 5);  // full, and the trace is over
    CHECK(capacitor.seconds() == 23.5);
    CHECK(capacitor.harvested() == doctest::Approx(1 + 0.5 + 0.5 + 2 + 2));
    CHECK(capacitor.spent() == 2);
    CHECK(capacitor.wait_for(5));
    capacitor.spend(1, 0);
    CHECK_FALSE(capacitor.wait_for(5));
    CHECK_FALSE(capacitor.wait_for(6));
}

TEST_CASE("harvest files are read or refused by the line") {
    const TempFolder folder;
    const std::string path = folder / "h.csv";
    write_file(path, "seconds,watts\r\n0,1.5\r\n2.5,0\n");
    const auto rows = read_harvest(path);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].watts == 1.5);
    CHECK(rows[1].seconds == 2.5);
    struct Row {
        const char *text, *where, *piece;
    };
    for (const Row& row : {Row{"0,1\n1\n", "line 2", "two numbers"},
                           {"0,1\n1,2,3\n", "line 2", "two numbers"},
                           {"0,1\n\n2,1\n", "line 2", "two numbers"},
                           {"0,nan\n1,0\n", "line 1", "two numbers"},
                           {"0,1\ninf,0\n", "line 2", "two numbers"},
                           {"0,-1\n1,0\n", "line 1", "negative"},
                           {"0,1\n0,2\n", "line 2", "rising"},
                           {"0,1e999\n1,0\n", "line 1", "two numbers"},
                           {"seconds,watts\n0,x\n", "line 2", "two numbers"}}) {
        write_file(path, row.text);
        check_throws([&] { read_harvest(path); }, ErrorCode::kContent, row.piece, path + ": " + row.where);
    }
    for (const char* few : {"", "0,1\n", "seconds,watts\n"}) {
        write_file(path, few);
        check_throws([&] { read_harvest(path); }, ErrorCode::kContent, "two or more", path);
    }
    check_throws([&] { read_harvest(folder / "none"); }, ErrorCode::kIo, "");
}

TEST_CASE("a trace is described by its parts") {
    const EnergyTrace trace = parse_energy_trace("a:b.csv:capacity=0.5,cost=c.json,watts=2,charge=0.1");
    CHECK(trace.trace == "a:b.csv");
    CHECK(trace.cost == "c.json");
    CHECK(trace.capacity == 0.5);
    CHECK(trace.charge == 0.1);
    CHECK(trace.watts == 2.0);
    for (const char* text :
         {"a.csv", "a.csv:", "a.csv:cost=c", "a.csv:capacity=1", "a.csv:capacity=-1,cost=c",
          "a.csv:capacity=x,cost=c", "a.csv:capacity=1,cost=c,charge=2", "a.csv:capacity=1,cost=c,volts=2",
          ":capacity=1,cost=c"})
        CHECK_THROWS_AS(parse_energy_trace(text), Error);
}

TEST_CASE("costs are joules, or milliseconds at so many watts; others are refused by the field") {
    const TempFolder folder;
    const std::string path = folder / "c.json";
    write_file(path, kCosts);
    CHECK(read_trace_costs(path, {}).joules.stages[1].heads[1].cost == 0.0005);
    CHECK(read_trace_costs(path, {}).ms.stages[0].cost == 4);
    const auto with = [&](const std::string& stages) {
        write_file(path, R"({"schema":"dyce.bench/1","results":[{"batch":1,"threads":1,"segments":)" +
                             stages + "}]}");
    };
    with(R"([{"site":0,"segment_ms":3,"heads":[{"type":"final","ms":1}]}])");
    CHECK(read_trace_costs(path, 2.0).joules.stages[0].cost == doctest::Approx(0.006));
    check_throws([&] { read_trace_costs(path, {}); }, ErrorCode::kUsage, "give the watts");
    for (const char* bad :
         {R"([{"site":0,"heads":[]}])", R"([{"site":0,"segment_ms":-1,"heads":[]}])",
          R"([{"site":1,"segment_ms":1,"heads":[]},{"site":1,"segment_ms":1,"heads":[]}])",
          R"([{"site":0,"segment_ms":1}])", R"({"site":0})", R"([{"site":0,"segment_ms":"1","heads":[]}])"}) {
        with(bad);
        check_throws([&] { read_trace_costs(path, 1.0); }, ErrorCode::kContent, "");
    }
    with("null");
    check_throws([&] { read_trace_costs(path, 1.0); }, ErrorCode::kUsage, "no segments");
}

TEST_CASE("a replay: images by arithmetic") {
    const TraceInputs inputs;
    // 12 mJ and no harvest: one image takes 8 mJ to the end; the next has 4 mJ and needs 4.5.
    json row = inputs.replay("0,0\n100,0\n", "capacity=0.1,charge=0.012");
    CHECK(row["answered"] == 1);
    CHECK(row["waiting"] == 39);
    CHECK(row["exits"] == json({0, 0, 1}));
    CHECK(row["spent_j"].get<double>() == doctest::Approx(0.008));
    // 0.4 W: each begins with 4.5 mJ, and the 1.6 that the first stage harvests are with 0.5 less than the 2.5 that the
    // next answer takes.
    row = inputs.replay("0,0.4\n1000,0\n", "capacity=0.1");
    CHECK(row["exits"] == json({40, 0, 0}));
    CHECK(row["cut"] == 40);
    CHECK(row["mean_exit"] == 0.0);
    // Two watts pay more than stages take: all get to the end.
    row = inputs.replay("0,2\n1000,0\n", "capacity=0.1");
    CHECK(row["exits"] == json({0, 0, 40}));
    CHECK(row["cut"] == 0);
    CHECK(row["mean_exit"] == 2.0);
    // A configuration's own exits are no cuts.
    row = inputs.replay("0,2\n1000,0\n", "capacity=0.1",
                        "--config " + inputs.folder / "set.configs.json" + ":first");
    CHECK(row["exits"] == json({40, 0, 0}));
    CHECK(row["cut"] == 0);
    CHECK(row["configuration"] == "first");
}

TEST_CASE("whatever is harvested: who begins is answered, nothing is spent twice, more power goes further") {
    const TraceInputs inputs;
    double exit_before = -1;
    for (const double watts : {0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1.2, 3.0}) {
        const std::string power = std::to_string(watts);
        const json row = inputs.replay("0," + power + "\n0.4,0\n0.5," + power + "\n30,0\n", "capacity=0.02");
        CAPTURE(watts);
        CHECK(row["answered"].get<int>() + row["waiting"].get<int>() == 40);
        CHECK(row["failed"] == 0);
        CHECK(row["left_j"].get<double>() >= -1e-12);
        CHECK(row["spent_j"].get<double>() + row["left_j"].get<double>() ==
              doctest::Approx(row["harvested_j"].get<double>()));
        CHECK(row == inputs.replay("0," + power + "\n0.4,0\n0.5," + power + "\n30,0\n", "capacity=0.02"));
        REQUIRE(row["answered"].get<int>() > 0);
        CHECK(row["mean_exit"].get<double>() >= exit_before);
        exit_before = row["mean_exit"].get<double>();
    }
    CHECK(exit_before == 2.0);
}

TEST_CASE("a model with gates begins an image with what its way to an answer takes, all gates open") {
    const TraceInputs inputs;
    ModelData model = gated_model({0.5});
    remove_exits(model.members[0]);
    save_model(inputs.folder / "m.safetensors", model);
    json stages;
    for (int site = 0; site < 5; ++site)
        stages.push_back({{"site", site}, {"segment_ms", 1}, {"segment_j", 0.001}, {"heads", json::array()}});
    stages[4]["heads"].push_back({{"type", "final"}, {"j", 0}});
    write_file(
        inputs.folder / "costs.json",
        json({{"schema", "dyce.bench/1"}, {"results", {{{"batch", 1}, {"segments", stages}}}}}).dump());
    const json row = inputs.replay("0,1\n1000,0\n", "capacity=0.005");
    CHECK(row["answered"] == 40);
    CHECK(row["exits"] == json({0, 0, 0, 0, 40}));
    CHECK(row["spent_j"].get<double>() < 40 * 0.005);  // some stages were skipped
    CHECK(row["spent_j"].get<double>() > 40 * 0.002);
    const Outcome small =
        run_program("bench " + inputs.folder / "m.safetensors" + " --data " + inputs.folder / "data" +
                    " --energy-trace " + inputs.folder / "harvest.csv" +
                    ":cost=" + inputs.folder / "costs.json" + ",capacity=0.0049");
    CHECK(small.code == 2);
    CHECK(small.err.find("the first answer takes 0.005000 J") != std::string::npos);
}

TEST_CASE("what does not go with a trace is refused") {
    const TraceInputs inputs;
    write_file(inputs.folder / "harvest.csv", "0,1\n1,0\n");
    const std::string trace = " --energy-trace " + inputs.folder / "harvest.csv" +
                              ":cost=" + inputs.folder / "costs.json" + ",capacity=";
    const std::string command = "bench " + inputs.folder / "m.safetensors";
    CHECK(run_program(command + trace + "1").err.find("--data: is missing") != std::string::npos);
    const std::string data = " --data " + inputs.folder / "data";
    const Outcome small = run_program(command + data + trace + "0.001");
    CHECK(small.code == 2);
    CHECK(small.err.find("the first answer takes 0.004500 J, more than capacity=") != std::string::npos);
    CHECK(run_program(command + data + trace + "1 --batch 2").code == 2);
    CHECK(run_program(command + data + trace + "1 --segments").code == 2);
}

TEST_CASE("sizes are bytes, in units of 1024 or of 1000") {
    CHECK(parse_size("2MiB", "x") == 2 << 20);
    CHECK(parse_size("1.5MiB", "x") == 3 << 19);
    CHECK(parse_size("900KB", "x") == 900'000);
    CHECK(parse_size("12345", "x") == 12345);
    for (const char* bad : {"", "MiB", "-1MiB", "1 MiB", "1TiB", "nanMiB", "0", "1.5", "1e99GB"})
        CHECK_THROWS_AS(parse_size(bad, "x"), Error);
}

TEST_CASE("--max-memory: what fits is told part by part, what does not ends with exit code 5") {
    const TraceInputs inputs;
    const std::string model = inputs.folder / "m.safetensors";
    const json memory =
        json::parse(run_program("bench " + model + " --threads 1 --duration 0.05 --json").out)["memory"];
    std::int64_t sum = 0;
    for (const char* part : {"weights", "packed", "arena", "carries", "progress"})
        sum += memory[part].get<std::int64_t>();
    CHECK(memory["total"] == sum);
    CHECK(memory["arena"].get<std::int64_t>() > 0);
    CHECK(memory.contains("onednn"));
    for (const std::string& verb : {"classify " + model + " " + inputs.folder / "data" + " -r",
                                    "eval " + model + " --data " + inputs.folder / "data",
                                    "bench " + model + " --duration 0.05", "inspect " + model + " --plan"}) {
        CHECK(run_program(verb + " --max-memory 8MiB").code == 0);
        const Outcome none = run_program(verb + " --max-memory 1000");
        CHECK(none.code == 5);
        CHECK(none.err.find("1000 bytes given, but at least ") != std::string::npos);
        CHECK(run_program(verb + " --max-memory much").code == 2);
    }
}
