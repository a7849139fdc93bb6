// Covers runtime/core/tune_goal.
// --plan, as a user meets it.
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace dyce::test;
using nlohmann::json;

TEST_CASE("--tune, once --plan, says what kernels are chosen for, and an unknown word is refused") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string model = " " + folder / "m.safetensors", data = folder / "data";
    const std::string commands[] = {"classify" + model + " -r --jsonl " + data,
                                    "eval" + model + " --json --data " + data,
                                    "record" + model + " --data " + data + " -o " + folder / "r.npz",
                                    "bench" + model + " --json --duration 0.02"};
    for (const std::string& command : commands) {
        CAPTURE(command);
        const Outcome refused = run_program(command + " --tune fast");
        CHECK(refused.code == 2);
        CHECK(refused.err.find("--tune: \"fast\" given, expected latency or throughput") !=
              std::string::npos);
        CHECK(run_program(command + " --tune throughput").code == 0);
        CHECK(run_program(command + " --plan throughput").code == 0);
        CHECK(run_program(command + " --tune latency --plan latency").code == 2);
    }
    for (const char* plan : {"latency", "throughput"}) {
        const Outcome outcome = run_program(commands[3] + " --plan " + plan);
        CHECK(json::parse(outcome.out)["results"][0]["plan"] == plan);
    }
    CHECK(json::parse(run_program(commands[3]).out)["results"][0]["plan"] == "latency");
}
