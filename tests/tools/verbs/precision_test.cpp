// Covers cascade, inspect, quantize.
// --precision and dyce quantize, as a user meets them.
#include "runtime/core/onednn/compat.h"
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <sstream>

using namespace dyce;
using namespace dyce::test;
using nlohmann::json;

namespace {

const char* const kVerbs[] = {"classify", "eval", "record", "bench"};

bool available(bool has, const char* what) {
    if (!has) MESSAGE("skipped: no ", what);
    return has;
}
bool have_bf16() { return available(onednn::has_bfloat16(), "bfloat16 instructions"); }
bool have_int8() { return available(onednn::has_int8_products(), "AVX-512 VNNI instructions"); }

// The verb on the model `name` and the images of write_exit_inputs().
Outcome run_verb(const std::string& verb, const TempFolder& folder, const std::string& name,
                 const std::string& precision) {
    const std::string model = folder / name, data = folder / "data";
    std::string arguments = verb + " " + model;
    if (verb == "classify") arguments += " -r --jsonl --topk 5 " + data;
    if (verb == "eval") arguments += " --json --data " + data;
    if (verb == "record") arguments += " --data " + data + " -o " + folder / (precision + ".npz");
    if (verb == "bench") arguments += " --json --duration 0.02";
    return run_program(arguments + " --threads 1 --precision " + precision);
}

// Probabilities of the five classes of each image, by class.
std::vector<std::vector<double>> answers(const TempFolder& folder, const std::string& name,
                                         const std::string& precision) {
    const Outcome outcome = run_verb("classify", folder, name, precision);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    std::vector<std::vector<double>> result;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
        const json answer = json::parse(line);
        std::vector<double> row(5);
        for (std::size_t k = 0; k < 5; ++k) row[answer["index"][k].get<std::size_t>()] = answer["prob"][k];
        result.push_back(row);
    }
    REQUIRE(result.size() == 40);
    return result;
}

double largest_difference(const std::vector<std::vector<double>>& a,
                          const std::vector<std::vector<double>>& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < a[i].size(); ++k)
            largest = std::max(largest, std::abs(a[i][k] - b[i][k]));
    return largest;
}

// All verbs compute in `precision`, and say so where their documents have a place for it.
void check_verbs(const TempFolder& folder, const std::string& name, const std::string& precision) {
    for (const char* verb : kVerbs) {
        CAPTURE(std::string(verb));
        const Outcome outcome = run_verb(verb, folder, name, precision);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 0);
        if (std::strcmp(verb, "bench") == 0)
            CHECK(json::parse(outcome.out)["results"][0]["precision"] == precision);
        if (std::strcmp(verb, "eval") == 0) CHECK(json::parse(outcome.out)["images"] == 40);
    }
    CHECK(read_file(folder / (precision + ".npz")).find("\"" + precision + "\"") != std::string::npos);
    const double difference =
        largest_difference(answers(folder, name, "f32"), answers(folder, name, precision));
    CHECK(difference > 0);
    CHECK(difference < 0.05);
}

Outcome quantize(const TempFolder& folder, const std::string& model, const std::string& output,
                 const std::string& options = "") {
    return run_program("quantize " + folder / model + " --data " + folder / "data" + " -o " +
                       folder / output + " --threads 1 " + options);
}

}  // namespace

TEST_CASE("an unknown precision is refused with those there are") {
    const TempFolder folder;
    write_exit_inputs(folder);
    for (const char* verb : kVerbs) {
        const Outcome outcome = run_verb(verb, folder, "m.safetensors", "fp16");
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find("--precision: \"fp16\" given, expected f32, bf16 or int8") !=
              std::string::npos);
    }
}

TEST_CASE("--precision bf16 answers nearly as float32, or is refused") {
    const TempFolder folder;
    write_exit_inputs(folder);
    if (have_bf16()) return check_verbs(folder, "m.safetensors", "bf16");
    for (const char* verb : kVerbs) CHECK(run_verb(verb, folder, "m.safetensors", "bf16").code == 2);
}

TEST_CASE("--precision int8 is refused for a model without scales, or a processor without VNNI") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const char* piece = onednn::has_int8_products() ? "dyce quantize" : "VNNI";
    for (const char* verb : kVerbs) {
        const Outcome outcome = run_verb(verb, folder, "m.safetensors", "int8");
        CHECK(outcome.code == 2);
        CHECK(outcome.out.empty());
        CHECK(outcome.err.find(piece) != std::string::npos);
    }
}

TEST_CASE("a model that was quantised answers nearly as float32 in int8, and the same as before in float32") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const Outcome outcome = quantize(folder, "m.safetensors", "q.safetensors", "--json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const auto before = load_model(folder / "m.safetensors"), after = load_model(folder / "q.safetensors");
    const json report = json::parse(outcome.out);
    CHECK(report["schema"] == "dyce.quantize/1");
    CHECK(report["digest"] == after->digest);
    CHECK(report["images"] == 40);
    CHECK(report["failed"] == 0);
    CHECK(report["values"] == 5);  // image, stem, inside of both blocks, between them

    CHECK(answers(folder, "m.safetensors", "f32") == answers(folder, "q.safetensors", "f32"));
    CHECK(run_program("inspect " + folder / "q.safetensors").out.find("int8 scales   5\n") !=
          std::string::npos);
    if (have_int8()) {
        check_verbs(folder, "q.safetensors", "int8");
        // Between convolutions there are integers.
        const Outcome plan = run_program("inspect --plan --precision int8 " + folder / "q.safetensors");
        CHECK(plan.out.find("u8 acdb -> u8 acdb") != std::string::npos);
    }

    CHECK(before->digest != after->digest);
    CHECK(before->preprocess_digest == after->preprocess_digest);
    json lines[2];
    for (int i : {0, 1}) {
        lines[i] =
            json::parse(run_program("inspect --json " + folder / (i == 0 ? "m" : "q") + ".safetensors").out);
        lines[i].erase("digest");
        lines[i]["member_list"][0].erase("digest");
    }
    CHECK(lines[0] == lines[1]);
    const Safetensors a = Safetensors::open(folder / "m.safetensors"),
                      b = Safetensors::open(folder / "q.safetensors");
    REQUIRE(a.entries().size() == b.entries().size());
    for (const auto& [name, entry] : a.entries()) {
        const auto own = a.bytes(entry), other = b.bytes(b.entries().at(name));
        CHECK(std::equal(own.begin(), own.end(), other.begin(), other.end()));
    }
}

TEST_CASE("every member of a cascade is quantised") {
    const TempFolder folder;
    write_exit_inputs(folder);
    REQUIRE(run_program("cascade " + folder / "m.safetensors" + " " + folder / "m.safetensors" + " -o " +
                        folder / "two.safetensors")
                .code == 0);
    REQUIRE(quantize(folder, "two.safetensors", "q.safetensors").code == 0);
    const auto quantised = load_model(folder / "q.safetensors");
    for (const Member& member : quantised->members)
        CHECK(std::any_of(member.graph.values.begin(), member.graph.values.end(),
                          [](const Value& value) { return value.quantization.has_value(); }));
    if (have_int8()) CHECK(run_verb("eval", folder, "q.safetensors", "int8").code == 0);
}

TEST_CASE("quantize leaves out a set of configurations that no longer fits, and keeps one that does") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const auto store_set = [&](const std::string& name) {
        ModelData model = *load_model(folder / name);
        save_model(folder / "m.safetensors", model);  // whose digests the set names
        write_exit_set(folder);
        model.configurations = ConfigurationSet::load(folder / "set.configs.json");
        save_model(folder / name, model);
    };
    store_set("m.safetensors");
    const Outcome first = quantize(folder, "m.safetensors", "q.safetensors");
    CHECK(first.code == 0);
    CHECK(first.err.find("left out") != std::string::npos);
    CHECK_FALSE(load_model(folder / "q.safetensors")->configurations);

    store_set("q.safetensors");
    const Outcome second = quantize(folder, "q.safetensors", "again.safetensors");
    CHECK(second.code == 0);
    CHECK(second.err.find("left out") == std::string::npos);
    CHECK(read_file(folder / "again.safetensors") == read_file(folder / "q.safetensors"));
}

TEST_CASE("quantize tells images that it cannot read, and needs one that it can") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_file(folder / "data/0/0.png", "no image");
    const Outcome some = quantize(folder, "m.safetensors", "q.safetensors");
    CHECK(some.code == 1);
    CHECK(some.err.find("0/0.png") != std::string::npos);
    CHECK(some.err.find("measured on 39 images") != std::string::npos);
    const Outcome none = quantize(folder, "m.safetensors", "none.safetensors", "--images 1");
    CHECK(none.code == 3);
    CHECK_FALSE(std::filesystem::exists(folder / "none.safetensors"));
    save_model(folder / "colors.safetensors", color_model());
    CHECK(run_program("quantize " + folder / "colors.safetensors" + " --data " + folder / "data" + " -o " +
                      folder / "c.safetensors")
              .code != 0);
}

TEST_CASE("int8 costs pretrained CIFAR-10 networks at most half a point") {
    const std::filesystem::path shared = shared_folder();
    if (shared.empty() || !have_int8()) return;
    const TempFolder folder;
    const std::string assets = (shared / "assets/cifar10").string();
    const std::string unpack = "tar -C " + folder.path().string() + " -xzf " + assets;
    REQUIRE(std::system((unpack + "/test.tar.gz").c_str()) == 0);
    REQUIRE(std::system((unpack + "/train.tar.gz --wildcards 'train/*/*00.png'").c_str()) == 0);
    for (const std::string name : {"cifar10_resnet20", "cifar10_resnet56"}) {
        CAPTURE(name);
        const std::string model = folder / "m.safetensors";
        REQUIRE(run_program("convert " + assets + "/" + name + ".onnx --preset cifar10 -o " + model).code ==
                0);
        REQUIRE(run_program("quantize " + model + " --data " + folder / "train" + " -o " + model).code == 0);
        const auto accuracy = [&](const char* precision) {
            const Outcome outcome = run_program("eval " + model + " --json --quiet --data " +
                                                folder / "test" + " --precision " + precision);
            return json::parse(outcome.out)["accuracy"].get<double>();
        };
        const double exact = accuracy("f32"), narrow = accuracy("int8");
        CHECK(exact > 0.91);
        CHECK(narrow >= exact - 0.005);
    }
}
