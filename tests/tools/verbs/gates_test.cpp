// Covers cascade, eval_gates, gate_coins, gate_table, tools/cli/member_argument.
// Models with gates, as a user meets them.
#include "loaders/format/npy.h"
#include "runtime/core/onednn/compat.h"
#include "tests/loaders/format/gated_model.h"
#include "tests/tools/program.h"

#include <dyce/session.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

constexpr int kImages = 40, kSites = 4;

// gated.safetensors with gates at the first three of four sites, and images of its five classes in data.
void write_gated_inputs(const TempFolder& folder) {
    save_model(folder / "gated.safetensors", gated_model({0.5}));
    std::mt19937 random(3);
    const auto byte = [&] { return static_cast<int>(random() % 256); };
    for (int i = 0; i < kImages; ++i) {
        const int red = byte(), green = byte(), blue = byte();
        write_file(folder / ("data/" + std::to_string(i % 5) + "/" + std::to_string(i / 5) + ".png"),
                   color_png(10, red, green, blue));
    }
}

Outcome run_well(const std::string& arguments) {
    const Outcome outcome = run_program(arguments);
    CAPTURE(arguments);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome;
}

std::vector<json> answers_of(const TempFolder& folder, const std::string& model,
                             const std::string& options = "") {
    const Outcome outcome =
        run_well("classify " + folder / model + " -r --jsonl " + options + " " + folder / "data");
    std::vector<json> answers;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line));
    REQUIRE(answers.size() == kImages);
    return answers;
}

json eval_of(const TempFolder& folder, const std::string& model, const std::string& options) {
    return json::parse(
        run_well("eval " + folder / model + " --json --quiet --data " + folder / "data" + " " + options).out);
}

}  // namespace

TEST_CASE("cascade: one model with several tau, its weights stored once, and back") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const std::string gated = folder / "gated.safetensors", three = folder / "three.safetensors";
    run_well("cascade " + gated + "@tau=0.7 " + gated + " " + gated + "@tau=0 -o " + three);
    const auto model = load_model(three);
    REQUIRE(model->members.size() == 3);
    CHECK(model->members[0].gate_threshold == 0.7);
    CHECK(model->members[1].gate_threshold == 0.5);
    CHECK(model->members[2].gate_threshold == 0);
    CHECK(Safetensors::open(three).entries().size() == Safetensors::open(gated).entries().size());

    run_well("cascade --extract 1 " + three + " -o " + folder / "one.safetensors");
    CHECK(read_file(folder / "one.safetensors") == read_file(gated));
    run_well("cascade --extract 0 " + three + " -o " + folder / "one.safetensors");
    CHECK(load_model(folder / "one.safetensors")->members[0].gate_threshold == 0.7);
    CHECK(load_model(folder / "one.safetensors")->digest == model->members[0].digest);
    // A tau that a file has stays, unless another one is given.
    run_well("cascade " + folder / "one.safetensors" + " " + gated + "@tau=1 -o " + three);
    CHECK(load_model(three)->members[0].gate_threshold == 0.7);
    CHECK(load_model(three)->members[1].gate_threshold == 1);

    run_well("cascade " + gated + "@tau=0.25 -o " + folder / "one.safetensors");
    CHECK(load_model(folder / "one.safetensors")->members[0].gate_threshold == 0.25);

    std::filesystem::copy_file(gated, folder / "m@tau=2");
    run_well("cascade " + folder / "m@tau=2" + " " + gated + " -o " + three);
    CHECK(load_model(three)->members[0].gate_threshold == 0.5);
}

TEST_CASE("cascade refuses settings that are none") {
    const TempFolder folder;
    write_gated_inputs(folder);
    save_model(folder / "plain.safetensors", tiny_model());
    const std::string gated = folder / "gated.safetensors", plain = folder / "plain.safetensors";
    const std::string out = " -o " + folder / "out.safetensors";
    struct Row {
        std::string arguments, piece;
    };
    const Row rows[] = {
        {gated + "@tau=1.5 " + gated + out, "gated.safetensors@tau=1.5"},
        {gated + "@tau=x " + gated + out, "gated.safetensors@tau=x"},
        {gated + "@width=0.5 " + gated + out, "\"width=0.5\" given behind the @, expected tau=X"},
        {gated + "@ " + gated + out, "\"\" given behind the @, expected tau=X"},
        {plain + "@tau=0.3 " + plain + out, "tau given, but the model has no gates"},
        {gated + out, "1 models given, expected two or more"},
        {gated + "@tau=0.3 " + gated + "@tau=0 -o " + gated, "which is read"},
        {"--extract 1 " + gated + out, "--extract"},
        {"--extract 0 " + gated + " " + gated + out, "MODEL"},
    };
    const std::string before = read_file(gated);
    for (const Row& row : rows) {
        CAPTURE(row.arguments);
        const Outcome outcome = run_program("cascade " + row.arguments);
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find(row.piece) != std::string::npos);
    }
    CHECK(run_program("cascade " + folder / "none@tau=1" + " " + gated + out).code == 4);
    CHECK(read_file(gated) == before);
}

TEST_CASE("bench --segments times each stage that gates decide about") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const auto sites_of = [&](const std::string& model) {
        std::vector<int> sites;
        const json report = json::parse(
            run_well("bench " + folder / model + " --segments --threads 1 --duration 0.05 --json").out);
        for (const json& row : report["results"][0]["segments"]) {
            CHECK(row["segment_ms"].get<double>() > 0);
            sites.push_back(row["site"]);
        }
        return sites;
    };
    run_well("train " + folder / "gated.safetensors" + " --strip heads -o " + folder / "bare.safetensors");
    CHECK(sites_of("gated.safetensors") == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(sites_of("bare.safetensors") == std::vector<int>{0, 1, 2, 3, 4});
    run_well("train " + folder / "bare.safetensors" + " --strip gates -o " + folder / "plain.safetensors");
    CHECK(sites_of("plain.safetensors") == std::vector<int>{4});
}

TEST_CASE("classify tells what gates skipped, and only then") {
    const TempFolder folder;
    write_gated_inputs(folder);
    Session session(Model::load(folder / "gated.safetensors"), {.threads = 1});
    std::map<std::vector<int>, int> paths;
    for (const json& answer : answers_of(folder, "gated.safetensors")) {
        const Prediction expected = session.classify(Image::load(answer["filename"].get<std::string>()));
        CHECK(answer["skipped"] == expected.skipped);
        CHECK(answer["macs"] == expected.macs);
        ++paths[expected.skipped];
    }
    CHECK(paths.size() > 1);  // the case means something
    const std::string images = " -r --csv " + folder / "data";
    const Outcome csv = run_well("classify " + folder / "gated.safetensors" + images);
    CHECK(csv.out.starts_with(
        "filename,rank,index,label,prob,exit_site,exit_type,macs,latency_us,skipped,error\n"));
    const auto commas = [](const std::string& line) { return std::ranges::count(line, ','); };
    std::istringstream lines(csv.out);
    for (std::string line; std::getline(lines, line);) CHECK(commas(line) == 10);

    save_model(folder / "plain.safetensors", tiny_model());
    for (const json& answer : answers_of(folder, "plain.safetensors"))
        CHECK_FALSE(answer.contains("skipped"));
    CHECK(run_well("classify " + folder / "plain.safetensors" + images)
              .out.starts_with("filename,rank,index,label,prob,exit_site,exit_type,macs,latency_us,error\n"));
}

TEST_CASE("eval --gates-report counts what classify tells") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const std::string gated = folder / "gated.safetensors";
    run_well("cascade " + gated + "@tau=0.6 " + gated + " -o " + folder / "two.safetensors");
    for (const std::string model : {"gated.safetensors", "two.safetensors"}) {
        CAPTURE(model);
        const int first = model[0] == 't' ? kSites + 1 : 0;  // of the member that runs
        const json gates = eval_of(folder, model, "--gates-report")["gates"];
        std::map<int, int> skipped;
        std::map<std::vector<int>, int> paths;
        for (const json& answer : answers_of(folder, model)) {
            ++paths[answer["skipped"].get<std::vector<int>>()];
            for (const int site : answer["skipped"]) ++skipped[site];
        }
        int commonest = 0;
        for (const auto& [path, images] : paths) commonest = std::max(commonest, images);
        CHECK(gates["distinct_paths"] == paths.size());
        CHECK(gates["off_commonest"].get<double>() ==
              doctest::Approx(1 - static_cast<double>(commonest) / kImages));
        CHECK(gates["paths"][0]["share"].get<double>() ==
              doctest::Approx(static_cast<double>(commonest) / kImages));
        for (const json& path : gates["paths"])
            CHECK(path["share"].get<double>() ==
                  doctest::Approx(static_cast<double>(paths[path["skipped"].get<std::vector<int>>()]) /
                                  kImages));
        REQUIRE(gates["sites"].size() == static_cast<std::size_t>(first > 0 ? 6 : 3));
        for (const json& site : gates["sites"]) {
            CHECK(site["skips"] == site["site"].get<int>() + 1);
            const bool runs = site["site"].get<int>() >= first;
            CHECK(site["decided"] == (runs ? kImages : 0));
            if (runs)
                CHECK(site["open_rate"].get<double>() ==
                      doctest::Approx(1 - static_cast<double>(skipped[site["skips"]]) / kImages));
            else
                CHECK(site["open_rate"].is_null());
        }
    }
    const Outcome text = run_well("eval " + gated + " --gates-report --quiet --data " + folder / "data");
    CHECK(text.out.find("of the images off the commonest") != std::string::npos);
}

TEST_CASE("eval --gates-report counts only images that a gate decided about") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const auto model = load_model(folder / "gated.safetensors");
    ConfigurationSet::Contents contents;
    contents.model_digest = model->digest;
    contents.preprocess_digest = model->preprocess_digest;
    contents.base = {0.5, model->members[0].macs, static_cast<double>(model->members[0].macs)};
    Configuration some;
    some.name = "some";
    some.exits = {{1, "exit1", 0.7}};
    contents.configurations = {some};
    ConfigurationSet(contents).save(folder / "set.configs.json");
    const std::string options = "--config " + folder / "set.configs.json" + ":some";
    const auto answers = answers_of(folder, "gated.safetensors", options);
    const auto left =
        std::ranges::count_if(answers, [](const json& answer) { return answer["exit_site"] == 1; });
    REQUIRE(left > 0);
    REQUIRE(left < kImages);
    const json sites = eval_of(folder, "gated.safetensors", options + " --gates-report")["gates"]["sites"];
    CHECK(sites[0]["decided"] == kImages);
    for (const std::size_t gate : {1u, 2u}) CHECK(sites[gate]["decided"] == kImages - left);
}

TEST_CASE("eval --gates-random: gates that do not look") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const json one = eval_of(folder, "gated.safetensors", "--gates-report --gates-random 40 --threads 1");
    const json two =
        eval_of(folder, "gated.safetensors", "--gates-report --gates-random 40 --threads 2 --batch 7");
    CHECK(one["gates"]["random"] == two["gates"]["random"]);
    CHECK(one["gates"]["majority"] == two["gates"]["majority"]);
    CHECK(one["gates"]["random"]["draws"].size() == 40);
    // Without exits the cost of an image is a sum over its gates: on average it is what it was.
    CHECK(one["gates"]["random"]["macs"].get<double>() ==
          doctest::Approx(one["macs"].get<double>()).epsilon(0.02));
    // By hand: the majority's images all pay the same.
    const auto model = load_model(folder / "gated.safetensors");
    const auto positions = model->positions();
    std::int64_t macs = positions.back().macs;
    for (const json& site : one["gates"]["sites"]) {
        const auto& gate = positions[site["site"].get<std::size_t>()].gate;
        macs += gate->macs - (site["open_rate"].get<double>() < 0.5 ? gate->stage_macs : 0);
    }
    CHECK(one["gates"]["majority"]["macs"] == static_cast<double>(macs));

    // Where gates are constant anyway there is nothing to look at.
    const std::string gated = folder / "gated.safetensors";
    for (const std::string tau : {"0", "1"}) {
        run_well("cascade " + gated + " " + gated + "@tau=" + tau + " -o " + folder / "two.safetensors");
        const json constant = eval_of(folder, "two.safetensors", "--gates-report --gates-random 2");
        for (const char* choice : {"random", "majority"}) {
            CHECK(constant["gates"][choice]["accuracy"] == constant["accuracy"]);
            CHECK(constant["gates"][choice]["macs"] == constant["macs"]);
        }
    }
    save_model(folder / "plain.safetensors", tiny_model());
    struct Row {
        std::string arguments, piece;
    };
    const Row rows[] = {
        {folder / "plain.safetensors" + " --gates-report", "the model has no gates"},
        {gated + " --gates-random 2", "needs --gates-report"},
        {gated + " --gates-report --progress p --output o", "excludes --progress"},
        {gated + " --gates-report --records r.npz", "excludes --records"},
        {gated + " --gates-report --gates-random 2 --budget-macs 1e9", "gates-random"},
    };
    for (const Row& row : rows) {
        const Outcome outcome = run_program("eval " + row.arguments + " --data " + folder / "data");
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find(row.piece) != std::string::npos);
    }
}

TEST_CASE("inspect and report show the gates of a model") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const std::string gated = folder / "gated.safetensors";
    run_well("cascade " + gated + "@tau=0.25 " + gated + " -o " + folder / "two.safetensors");
    const Outcome text = run_well("inspect " + folder / "two.safetensors");
    CHECK(text.out.find("gates         3, tau 0.25\n") != std::string::npos);
    CHECK(text.out.find("gates         3, tau 0.5\n") != std::string::npos);
    const json document = json::parse(run_well("inspect --json " + folder / "two.safetensors").out);
    REQUIRE(document["gates"].size() == 6);
    // By hand: 8 channels to 16 to 2; two 3x3 convolutions of 8 to 8 channels on 8x8 pixels.
    for (std::size_t g = 0; g < 6; ++g) {
        const int site = static_cast<int>(g % 3 + (g < 3 ? 0 : kSites + 1));
        const json expected = {{"site", site},
                               {"skips", site + 1},
                               {"macs", 8 * 16 + 16 * 2},
                               {"stage_macs", 2 * 64 * 9 * 8 * 8},
                               {"tau", g < 3 ? 0.25 : 0.5}};
        CHECK(document["gates"][g] == expected);
    }
    CHECK(run_well("inspect --plan " + gated)
              .out.find("3 gated stages; in 0 of them images that skip are copied\n") != std::string::npos);
    save_model(folder / "plain.safetensors", tiny_model());
    CHECK(run_well("inspect --plan " + folder / "plain.safetensors").out.find("gate") == std::string::npos);
    CHECK_FALSE(
        json::parse(run_well("inspect --json " + folder / "plain.safetensors").out).contains("gates"));

    run_well("report " + gated + " -o " + folder / "r.html");
    const std::string page = read_file(folder / "r.html");
    CHECK(page.find("<h2>Gates</h2>") != std::string::npos);
    CHECK(page.find("<td>0</td><td>1</td><td>block0</td><td>160</td><td>73728</td><td>0.5</td>") !=
          std::string::npos);
    const Outcome nothing =
        run_program("report " + folder / "plain.safetensors" + " -o " + folder / "p.html");
    CHECK(nothing.code == 3);
    CHECK(nothing.err.find("is a dyce model with neither a set of configurations nor gates to show") !=
          std::string::npos);
}

TEST_CASE("a model with gates is quantised so that nothing is copied, and is not compressed") {
    const TempFolder folder;
    write_gated_inputs(folder);
    const std::string quantised = folder / "q.safetensors";
    run_well("quantize " + folder / "gated.safetensors" + " --data " + folder / "data" + " -o " + quantised);
    if (onednn::has_int8_products())
        CHECK(run_well("inspect --plan --precision int8 " + quantised)
                  .out.find("3 gated stages; in 0 of them images that skip are copied\n") !=
              std::string::npos);
    const Outcome refused =
        run_program("compress " + folder / "gated.safetensors" + " --target-kb 100 --data " +
                    folder / "data" + " -o " + folder / "c.safetensors");
    CHECK(refused.code == 2);
    CHECK(refused.err.find("has gates: compress the network before they are trained") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "c.safetensors"));
}

TEST_CASE("a forward pass of a gated model from its file alone, in NumPy, decides and answers alike") {
    if (!have_python("numpy")) return;
    constexpr int kReferenceImages = 100;
    for (const double tau : {0.5, 0.3}) {
        const TempFolder folder;
        ModelData model;
        model.members = {gated_member(tau, 8)};
        const std::string path = folder / "m.safetensors";
        save_model(path, model);
        Session session(Model::load(path), {.threads = 2, .max_batch = 16});
        Tensor images(DataType::kFloat32, {kReferenceImages, 3, 8, 8});
        Tensor logits(DataType::kFloat32, {kReferenceImages, 5});
        std::vector<Sample> samples;
        float* next = images.mutable_data<float>();
        for (const std::vector<float>& image : varied_images(kReferenceImages)) {
            Tensor one(DataType::kFloat32, {3, 8, 8});
            std::ranges::copy(image, one.mutable_data<float>());
            next = std::ranges::copy(image, next).out;
            samples.emplace_back(one);
        }
        ClassifyOptions options;
        options.logits = true;
        const auto answers = session.classify(samples, options);
        json skipped = json::array();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            std::ranges::copy(answers[i].logits, logits.mutable_data<float>() + 5 * i);
            skipped.push_back(answers[i].skipped);
        }
        write_npy(folder / "images.npy", images);
        write_npy(folder / "logits.npy", logits);
        write_file(folder / "skipped.json", skipped.dump());
        const std::string command =
            "/usr/bin/python3 " DYCE_SOURCE_DIR "/tests/tools/verbs/gated_reference.py " + path;
        const int status = std::system((command + " " + folder / "images.npy" + " " + folder / "logits.npy" +
                                        " " + folder / "skipped.json" + " >" + folder / "out")
                                           .c_str());
        REQUIRE(status == 0);
        int compared = 0, paths = 0;
        std::istringstream(read_file(folder / "out")) >> compared >> paths;
        CHECK(compared >= 90);
        CHECK(paths >= 5);
    }
}
