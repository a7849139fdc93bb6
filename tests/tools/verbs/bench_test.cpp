// Covers tools/bench/{configurations, decoding, kernel_run, kernels, prepared_images, samples, setting,
// stage_latencies, switching, usage}.
// dyce bench: what its documents hold. How long something takes is not tested.
#include "tests/tools/exit_inputs.h"

#include "tools/bench/samples.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

using namespace dyce::test;
using nlohmann::json;

TEST_CASE("bench times every combination") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    const Outcome outcome =
        run_program("bench " + folder / "m.safetensors" + " --batch 1,3 --threads 1 --duration 0.05 --json");
    CHECK(outcome.code == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["schema"] == "dyce.bench/1");
    REQUIRE(report["results"].size() == 2);
    CHECK(report["results"][1]["batch"] == 3);
    CHECK(report["results"][1]["median_ms"].get<double>() > 0);
    CHECK_FALSE(report["host"]["onednn"].get<std::string>().empty());
}

TEST_CASE("bench runs several batches at a time, and counts the images of all") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    const Outcome outcome = run_program("bench " + folder / "m.safetensors" +
                                        " --batch 2 --threads 1 --workers 3 --duration 0.05 --json");
    CHECK(outcome.code == 0);
    const json row = json::parse(outcome.out)["results"][0];
    CHECK(row["workers"] == 3);
    CHECK(row["runs"] >= 15);  // at least 5 of each worker
    CHECK(row["median_ms"].get<double>() <= row["max_ms"].get<double>());
    // Images over the wall clock: of three workers, as fast as their fastest batch at the most.
    CHECK(row["images_per_second"].get<double>() <= 1000.0 * 3 * 2 / row["min_ms"].get<double>());
    const json& usage = row["usage"];
    CHECK(usage["wall_ms"].get<double>() > 0);
    CHECK(usage["processor_ms"].get<double>() > 0);
    CHECK(usage["involuntary_switches"].get<int>() >= 0);
    CHECK(usage["busy"].is_boolean());
    for (const char* other : {" --segments", " --switch", " --config x"}) {
        const Outcome refused = run_program("bench " + folder / "m.safetensors" + " --workers 2" + other);
        CHECK(refused.code == 2);
        CHECK(refused.err.find("--workers: excludes") != std::string::npos);
    }
}

TEST_CASE("bench counts images over the wall clock, stalls between the batches included") {
    // A stand-in that takes no time itself but waits 2 ms before each call: at most 500 a second.
    const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
    const dyce::Samples samples = dyce::Samples::measure(
        0.03, [] {}, wait);
    CHECK(samples.per_second() < 500);
    CHECK(samples.per_second() ==
          doctest::Approx(1000.0 * static_cast<double>(samples.count()) / samples.usage().wall_ms));
    CHECK(dyce::Samples({1, 2, 5}).per_second() == doctest::Approx(375));
    CHECK(dyce::Samples({1, 2, 5}).slowest_ms() == 5);
}

TEST_CASE("bench calls a machine busy where other programs took its processors") {
    const auto busy = [](double wall, double processor, long switches, int threads) {
        return dyce::Usage{wall, processor, switches}.was_busy(threads);
    };
    CHECK(busy(1000, 500, 300, 1));
    CHECK(busy(1000, 900, 300, 2));
    CHECK_FALSE(busy(1000, 950, 300, 1));  // it got nearly all
    CHECK_FALSE(busy(1000, 1950, 300, 2));
    CHECK_FALSE(busy(1000, 500, 3, 1));  // it waited of its own accord
}

TEST_CASE("bench times images on their way to the network") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    write_file(folder.path() / "p/a.png", color_png(8, 255, 0, 0));
    write_file(folder.path() / "p/b.png", color_png(8, 0, 255, 0));
    write_file(folder.path() / "q/broken.png", "nothing");
    const std::string bench = "bench " + folder / "m.safetensors" + " --decode ";
    const Outcome outcome = run_program(bench + folder / "p" + " --duration 0.02 --json");
    CHECK(outcome.code == 0);
    const json images = json::parse(outcome.out)["pictures"];
    CHECK(images["files"] == 2);
    for (const char* step : {"decode", "prepare"}) {
        CHECK(images[step]["runs"].get<int>() % 2 == 0);  // whole passes
        CHECK(images[step]["median_ms"].get<double>() > 0);
    }
    CHECK(images["images_per_second"].get<double>() > 0);
    CHECK(run_program(bench + folder / "q").code == 3);
    CHECK(run_program(bench + folder / "none").code == 4);
    CHECK(run_program(bench + folder / "p" + " --batch 2").err.find("excludes --batch") != std::string::npos);
}

TEST_CASE("bench times an operator without a model") {
    const Outcome outcome =
        run_program("bench --op n2c16h9w9_oc32k3s2p1g4_relu --threads 1,2 --duration 0.05 --json");
    CHECK(outcome.code == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["schema"] == "dyce.bench/1");
    REQUIRE(report["results"].size() == 2);
    const json& row = report["results"][1];
    CHECK(row["batch"] == 2);
    CHECK(row["threads"] == 2);
    CHECK(row["macs"] == 57600);
    CHECK(row["implementation"].get<std::string>().rfind("Conv+Relu, ", 0) == 0);
    const double expected = 2e-6 * 57600 / row["median_ms"].get<double>();
    CHECK(row["gflops"].get<double>() == doctest::Approx(expected));
}

TEST_CASE("bench tells what the machine computes at most") {
    const Outcome outcome = run_program("bench --peak --threads 1 --duration 0.05 --json");
    CHECK(outcome.code == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["results"].empty());
    REQUIRE(report["peak"].size() == 1);
    CHECK(report["peak"][0]["gflops"].get<double>() > 0);
}

TEST_CASE("bench compares configurations with exits off, on the same images") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string set = " --config " + folder / "set.configs.json" + ":";
    const Outcome outcome =
        run_program("bench " + folder / "m.safetensors" + " --data " + folder / "data" + " --limit 22" + set +
                    "first" + set + "second" + set + "none --batch 4 --threads 1 --duration 0.02 --json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const json rows = json::parse(outcome.out)["results"];
    const int first = kExitMacs[0] + kQuadHeadMacs, second = kExitMacs[1] + kQuadHeadMacs + kExitHeadMacs,
              none = kBackboneMacs + kQuadHeadMacs + kExitHeadMacs;
    const struct {
        const char* name;
        int macs;
        json exit_share;
    } expected[] = {{"off", kBackboneMacs, {0, 0, 1}},
                    {"first", first, {1, 0, 0}},
                    {"second", second, {0, 1, 0}},
                    {"none", none, {0, 0, 1}}};
    REQUIRE(rows.size() == std::size(expected));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const json& row = rows[i];
        CHECK(row["configuration"] == expected[i].name);
        CHECK(row["macs"] == expected[i].macs);
        CHECK(row["exit_share"] == expected[i].exit_share);
        CHECK(row["images"] == 20);  // 22 fill five batches
        CHECK(row["batch"] == 4);
        CHECK(row["runs"] >= 5);
        CHECK(row["runs"].get<int>() % 5 == 0);  // whole passes
        CHECK(row["median_ms"].get<double>() > 0);
        CHECK(row["time_saving"].is_number() == (i > 0));
        if (i > 0)
            CHECK(row["mac_saving"].get<double>() ==
                  doctest::Approx(1 - static_cast<double>(expected[i].macs) / kBackboneMacs));
    }
}

TEST_CASE("bench refuses configurations without images, and images without configurations") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string model = "bench " + folder / "m.safetensors";
    const std::string config = " --config " + folder / "set.configs.json";
    const std::string data = " --data " + folder / "data";
    const struct {
        std::string arguments;
        const char* piece;
    } rows[] = {
        {model + config, "--data: is missing"},
        {model + data, "--data: needs --config or --switch"},
        {model + config + data + " --segments", "--segments: excludes --config and --switch"},
        {model + config + data + " --batch 64", "there are 40 images"},
        {model + " --switch --limit 3", "--limit: needs --data"},
        {model + " --switch" + data + " --batch 64", "there are 40 images"},
        {model + config + ":best" + data, "best"},
        {model + " --config :first" + data, "no configuration set is stored"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find(row.piece) != std::string::npos);
    }
}

TEST_CASE("bench switches between configurations and tells what that takes") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string set = " --config " + folder / "set.configs.json" + ":";
    const std::string data = " --data " + folder / "data";
    for (const std::string& configurations : {std::string(), data, data + set + "first" + set + "none"}) {
        const Outcome outcome =
            run_program("bench " + folder / "m.safetensors" + " --switch" + configurations +
                        " --batch 1,3 --threads 1 --duration 0.05 --json");
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        const json rows = json::parse(outcome.out)["results"];
        REQUIRE(rows.size() == 2);
        for (const json& row : rows) {
            const json& switching = row["switch"];
            CHECK(row["runs"] >= 100);
            CHECK(switching["count"] >= 1);
            CHECK(switching["batches"]["runs"] == row["runs"]);
            CHECK(switching["per_second"].get<double>() > 0);
            CHECK(switching["median_us"].get<double>() > 0);
            CHECK(switching["p99_us"].is_null() == (switching["count"] < 662));
            CHECK(switching["batches"]["p99_ms"].is_null() == (row["runs"] < 662));
            CHECK(switching["p99_ratio"].is_null() == (row["runs"] < 662));
        }
    }
}
