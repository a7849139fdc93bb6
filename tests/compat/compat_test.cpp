// Covers tools/verbs/eval_records.
// What earlier releases wrote is read as they read it, for ever: every folder here is a release (README.md).
#include "tests/compat/answers.h"
#include "tests/compat/release.h"
#include "tests/tools/program.h"

#include "search/record/record_file.h"

#include <doctest/doctest.h>

#include <cstring>
#include <sstream>

using namespace dyce::test;
using dyce::compat::Release;
using nlohmann::json;

namespace {

// Bits of a float as integers in the order of the numbers.
std::int64_t rank_of(const std::string& hexadecimal) {
    const float x = std::strtof(hexadecimal.c_str(), nullptr);
    std::int32_t bits = 0;
    std::memcpy(&bits, &x, sizeof x);
    return bits < 0 ? std::int64_t{INT32_MIN} - bits : bits;
}

// The same words, but for 4 ulp of the two numbers at the end where another compiler made them.
bool is_same_answer(const std::string& found, const std::string& expected, bool to_the_bit) {
    if (to_the_bit || found == expected) return found == expected;
    std::istringstream a(found), b(expected);
    std::string x, y;
    while (a >> x) {
        if (!(b >> y)) return false;
        const bool number = x.find('p') != std::string::npos && x.find("0x") != std::string::npos;
        if (number ? std::abs(rank_of(x) - rank_of(y)) > 4 : x != y) return false;
    }
    return !(b >> y);
}

// `channels` is left out: what a map with its channels last has there may be mended, numbers and names may not.
json without_channels(json inspected) {
    for (json& site : inspected["sites"]) site.erase("channels");
    return inspected;
}

json inspect(const std::string& path) {
    const Outcome outcome = run_program("inspect " + path + " --json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    return json::parse(outcome.out);
}

dyce::ConfigurationSet set_of(const Release& release, const json& model) {
    return dyce::ConfigurationSet::load(release / model["set"].get<std::string>());
}

}  // namespace

TEST_CASE("models of earlier releases: the same digests, sites, heads and multiply-adds") {
    for (const Release& release : dyce::compat::releases())
        for (const auto& model : release.expected["models"].items()) {
            const std::string path = release / model.key();
            const json expected = without_channels(model.value()["inspect"]);
            const json found = without_channels(inspect(path));
            for (const auto& item : expected.items()) {
                const std::string key = item.key();
                CAPTURE(path);
                CAPTURE(key);
                CHECK(found.at(key).dump() == item.value().dump());
            }
        }
}

namespace {

// Under each configuration that the release answered by, and with exits off.
void check_answers(const Release& release, const std::string& name, const std::vector<dyce::Image>& images) {
    const json& model = release.expected["models"][name];
    dyce::Session session(dyce::Model::load(release / name), dyce::compat::reference_options());
    for (const auto& item : model["answers"].items()) {
        const std::string configuration = item.key();
        const auto chosen =
            configuration == "off" ? dyce::Configuration() : set_of(release, model).at(configuration);
        const auto found = dyce::compat::answers(session, chosen, images);
        const auto expected = item.value().get<std::vector<std::string>>();
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            CAPTURE(name);
            CAPTURE(configuration);
            CAPTURE(found[i]);
            CAPTURE(expected[i]);
            CHECK(is_same_answer(found[i], expected[i], release.is_of_this_platform()));
        }
    }
}

}  // namespace

TEST_CASE("models of earlier releases: every image exits where it did, by the same score") {
    const auto images = dyce::compat::images();
    for (const Release& release : dyce::compat::releases())
        for (const auto& model : release.expected["models"].items())
            check_answers(release, model.key(), images);
}

TEST_CASE("a quantised model of an earlier release finds the classes that it found in int8") {
    for (const Release& release : dyce::compat::releases()) {
        if (!release.expected.contains("int8") || !release.is_of_this_platform()) continue;
        const TempFolder folder;
        const Outcome outcome =
            run_program("eval " + release / "int8.safetensors" + " --data " + dyce::compat::image_folder() +
                        " --precision int8 --per-image " + folder / "int8.csv");
        REQUIRE(outcome.code == 0);
        std::istringstream lines(read_file(folder / "int8.csv"));
        std::string line, label, prediction;
        std::getline(lines, line);
        for (const int expected : release.expected["int8"]) {
            std::getline(std::getline(std::getline(lines, line, ','), label, ','), prediction, ',');
            CAPTURE(line);
            CHECK(std::stoi(prediction) == expected);
            std::getline(lines, line);
        }
    }
}

TEST_CASE("sets of earlier releases select as they did, from a file and from inside a model") {
    for (const Release& release : dyce::compat::releases()) {
        if (!release.expected.contains("selected")) continue;
        const std::string path = release / "searched.configs.json";
        const auto set = dyce::ConfigurationSet::load(path);
        CHECK(set.text() == read_file(path));
        for (const auto& item : release.expected["selected"].items()) {
            const std::string word = item.key(), name = item.value();
            CAPTURE(word);
            CHECK(set.at(word).name == name);
            const Outcome outcome =
                run_program("eval " + release / "embedded.safetensors" + " --data " +
                            dyce::compat::image_folder() + " --json --config ':" + word + "'");
            CAPTURE(outcome.err);
            REQUIRE(outcome.code == 0);
            CHECK(json::parse(outcome.out)["configuration"] == name);
        }
    }
}

TEST_CASE("records of earlier releases hold what they held: written again, they are the same bytes") {
    const TempFolder folder;
    for (const Release& release : dyce::compat::releases())
        for (const auto& entry : std::filesystem::directory_iterator(release.folder)) {
            const std::string path = entry.path().string();
            if (!path.ends_with(".npz")) continue;
            CAPTURE(path);
            dyce::write_record(folder / "again.npz",
                               dyce::read_record(path, {.names = true, .all_answers = true}));
            CHECK(read_file(folder / "again.npz") == read_file(path));
        }
}

TEST_CASE("a configuration simulated on a record of an earlier release: the same line for each image") {
    const TempFolder folder;
    for (const Release& release : dyce::compat::releases()) {
        if (!release.expected.contains("simulated")) continue;
        REQUIRE(run_program("eval --records " + release / "record-scores.npz" + " --config " +
                            release / "heads.configs.json" + ":margin.linear --per-image " +
                            folder / "lines.csv")
                    .code == 0);
        std::string expected;
        for (const std::string line : release.expected["simulated"]) expected += line + "\n";
        CHECK(read_file(folder / "lines.csv") == expected);
    }
}

namespace {

std::string first_line(const std::string& content) { return content.substr(0, content.find('\n')); }

// What a run leaves, then a run beside the file that a release kept: the same output. Where both are of one
// format and belong to the same rows the kept file is used silently, else it is made anew and a line says so.
void check_kept_file(const std::string& kept_path, const std::string& kept, const std::string& own,
                     const std::string& output, const std::string& command, const std::string& goes_on) {
    const std::string expected = read_file(output);
    std::filesystem::remove(output);
    write_file(kept_path, kept);
    const Outcome outcome = run_program(command);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(read_file(output) == expected);
    const bool used = first_line(kept) == first_line(own);
    CHECK((outcome.err.find(kept_path + ": is ") != std::string::npos) == !used);
    if (used) CHECK(outcome.err.find(goes_on) != std::string::npos);
    if (kept.starts_with(own.substr(0, own.find('/')) + "/1")) CHECK_FALSE(used);
}

}  // namespace

TEST_CASE("a journal of an earlier release is gone on with, or made anew with a notice") {
    const std::string model = dyce::compat::first() / "heads.safetensors";
    for (const Release& release : dyce::compat::releases()) {
        if (!std::filesystem::exists(release / "half-done.journal")) continue;
        const TempFolder folder;
        std::filesystem::copy(dyce::compat::image_folder(), folder / "images");
        const std::string output = folder / "record.npz", image = folder / "images/09.png",
                          good = read_file(image);
        const std::string command =
            "record " + model + " --data " + folder / "images" + " --batch 4 --threads 1 -o " + output;
        write_file(image, "no image");
        REQUIRE(run_program(command).code == 3);
        const std::string own = read_file(output + ".journal");
        write_file(image, good);
        REQUIRE(run_program(command).code == 0);
        check_kept_file(output + ".journal", read_file(release / "half-done.journal"), own, output, command,
                        "goes on after the 8 ");
        CHECK_FALSE(std::filesystem::exists(output + ".journal"));
    }
}

TEST_CASE("a cache of features of an earlier release is used, or made anew with a notice") {
    const std::string model = dyce::compat::first() / "backbone.safetensors";
    for (const Release& release : dyce::compat::releases()) {
        if (!std::filesystem::exists(release / "features.cache")) continue;
        const TempFolder folder;
        const std::string output = folder / "model.safetensors";
        const std::string command =
            "train " + model + " --data " + dyce::compat::image_folder() +
            " --epochs 1 --passes 1 --batch 8 --lr 0.02 --threads 1 --heads linear --cache " +
            folder / "cache" + " -o " + output;
        REQUIRE(run_program(command).code == 0);
        const std::string cache = std::filesystem::directory_iterator(folder / "cache")->path().string();
        check_kept_file(cache, read_file(release / "features.cache"), read_file(cache), output, command, "");
    }
}
