// Covers kept_batch, kept_options, kept_output, kept_run, saved_run, tools/verbs/{classify_answers, classify_kept, eval_kept, eval_totals}.
// A run that is killed, again and again, writes what an undisturbed one writes, byte for byte.
#include "tests/tools/exit_inputs.h"
#include "tests/tools/progress/killed_verb.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <sstream>

#include <sys/file.h>

using namespace dyce;
using namespace dyce::test;
using Words = std::vector<std::string>;

namespace {

struct KeptInputs {
    TempFolder folder;
    KeptInputs() {
        write_exit_inputs(folder);
        write_exit_set(folder);
    }
    std::string operator/(const std::string& name) const { return folder / name; }
    std::string set(const std::string& name) const { return folder / "set.configs.json" + ":" + name; }

    Words classify(const Words& more) const {
        Words words = {"classify",      folder / "m.safetensors",
                       folder / "data", "-r",
                       "--jsonl",       "--quiet",
                       "--threads",     "1",
                       "--progress",    folder / "kept",
                       "--output",      folder / "out"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Words eval(const Words& more) const {
        Words words = {"eval",       folder / "m.safetensors",
                       "--data",     folder / "data",
                       "--json",     "--quiet",
                       "--threads",  "1",
                       "--progress", folder / "kept",
                       "--output",   folder / "out"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    void forget() const {
        std::filesystem::remove(folder / "kept");
        std::filesystem::remove(folder / "out");
    }
    std::string undisturbed(const Words& words) const {
        forget();
        const Ended ended = run_verb(words);
        CHECK(ended.code == 0);
        CHECK(ended.err == "");
        const std::string out = read_file(folder / "out");
        forget();
        return out;
    }
};

std::string without_times(const std::string& report) {
    auto json = nlohmann::json::parse(report);
    for (const char* key : {"seconds", "total_seconds", "images_per_second"}) json.erase(key);
    return json.dump();
}

}  // namespace

TEST_CASE("classify: killed at 40 chosen steps, the output is that of an undisturbed run") {
    const KeptInputs inputs;
    std::mt19937 random(17);
    int kills = 0, inside_network = 0, inside_commit = 0;
    for (const Words& more : {Words{"--config", inputs.set("none")},
                              {"--config", inputs.set("second"), "--batch", "7"},
                              {"--config", inputs.set("none"), "--batch", "3", "--durability", "power",
                               "--progress-every", "stage"},
                              {"--csv", "--progress-every", "4"}}) {
        Words words = inputs.classify(more);
        if (more[0] == "--csv") std::erase(words, "--jsonl");
        const std::string expected = inputs.undisturbed(words);
        CHECK(std::count(expected.begin(), expected.end(), '\n') >= 40);
        for (int chain = 0; chain < 10;) {
            const Ended ended = run_verb(words, 1 + static_cast<int>(random() % 250));
            if (!ended.was_killed) {  // it came to its end
                CHECK(ended.code == 0);
                CHECK(read_file(inputs / "out") == expected);
                inputs.forget();
                continue;
            }
            ++chain;
            ++kills;
            inside_commit += ended.steps.back() == "slot whole" ? 0 : 1;
            const auto output = std::ranges::find(ended.steps.rbegin(), ended.steps.rend(), "output written");
            inside_network += output - ended.steps.rbegin() > 6 ? 1 : 0;  // behind a commit of images
        }
        CHECK(run_verb(words).code == 0);
        CHECK(read_file(inputs / "out") == expected);
    }
    CHECK(kills == 40);
    CHECK(inside_network >= 10);
    CHECK(inside_commit >= 20);
}

TEST_CASE("eval: the report too is that of an undisturbed run") {
    const KeptInputs inputs;
    std::mt19937 random(3);
    const Words words = inputs.eval({"--config", inputs.set("second"), "--batch", "6"});
    const Ended whole = run_verb(words);
    CHECK(whole.code == 0);
    const std::string expected = read_file(inputs / "out");
    const Ended plain =
        run_verb({"eval", inputs / "m.safetensors", "--data", inputs / "data", "--json", "--quiet",
                  "--config", inputs.set("second"), "--per-image", inputs / "rows"});
    CHECK(expected == read_file(inputs / "rows"));
    CHECK(without_times(whole.out) == without_times(plain.out));
    inputs.forget();
    int kills = 0;
    for (;;) {
        const Ended ended = run_verb(words, 1 + static_cast<int>(random() % 40));
        if (ended.was_killed && ++kills > 0) continue;
        CHECK(ended.code == 0);
        CHECK(read_file(inputs / "out") == expected);
        CHECK(without_times(ended.out) == without_times(whole.out));
        break;
    }
    CHECK(kills > 3);
}

TEST_CASE("answers are those of a run without progress, but for their times") {
    const KeptInputs inputs;
    const auto lines = [](const std::string& text) {
        std::vector<nlohmann::json> result;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) {
            result.push_back(nlohmann::json::parse(line));
            result.back().erase("latency_us");
        }
        return result;
    };
    write_file(inputs / "data/0/broken.png", "no image");
    for (const char* name : {"first", "second", "none"}) {
        inputs.forget();
        const Ended kept = run_verb(inputs.classify({"--config", inputs.set(name), "--batch", "5"}));
        const Ended plain = run_verb({"classify", inputs / "m.safetensors", inputs / "data", "-r", "--jsonl",
                                      "--quiet", "--config", inputs.set(name)});
        CHECK(kept.code == 1);
        CHECK(plain.code == 1);
        CHECK(lines(read_file(inputs / "out")) == lines(plain.out));
        CHECK(kept.err == plain.err);
    }
}

TEST_CASE("a run that is done writes nothing more") {
    const KeptInputs inputs;
    const Words words = inputs.classify({});
    CHECK(run_verb(words).code == 0);
    const std::string out = read_file(inputs / "out"), kept = read_file(inputs / "kept");
    const Ended again = run_verb(words);
    CHECK(again.code == 0);
    CHECK(again.steps.empty());
    CHECK(read_file(inputs / "out") == out);
    CHECK(read_file(inputs / "kept") == kept);
}

TEST_CASE("what belongs to something else is refused by its name, and nothing is written") {
    const KeptInputs inputs;
    const Words words = inputs.classify({"--config", inputs.set("none")});
    CHECK(run_verb(words, 300).was_killed);
    const std::string out = read_file(inputs / "out"), kept = read_file(inputs / "kept");
    const auto refused = [&](const Words& other, int code, const std::string& piece) {
        const Ended ended = run_verb(other);
        CAPTURE(piece);
        CAPTURE(ended.err);
        CHECK(ended.code == code);
        CHECK(ended.err.find(piece) != std::string::npos);
        CHECK(read_file(inputs / "out") == out);
        CHECK(read_file(inputs / "kept") == kept);
    };
    refused(inputs.classify({"--config", inputs.set("second")}), 3,
            "keeps the progress of another configuration");
    refused(inputs.classify({"--config", inputs.set("none"), "--batch", "2"}), 3,
            "another batch: 1, expected 2");
    refused(inputs.classify({"--config", inputs.set("none"), "--topk", "2"}), 3, "another settings");
    refused(inputs.classify({"--config", inputs.set("none"), "--progress-every", "2"}), 3,
            "another interval");
    Words other = words;
    other[2] = inputs / "data/3";
    refused(other, 3, "another list");
    other = words;
    other[11] = inputs / "elsewhere";
    refused(other, 3, "another output");
    ModelData model;
    model.members.push_back(exit_member(make_exit_net(2, 5)));
    save_model(inputs / "other.safetensors", model);
    other = inputs.classify({});
    other[1] = inputs / "other.safetensors";
    refused(other, 3, "keeps the progress of another model");
    // An image that is another one now: by its size, and the one under way by its pixels.
    const std::string image = inputs / "data/4/7.png", before = read_file(image);
    write_file(image, before + "x");
    refused(words, 3,
            "data/4/7.png: has " + std::to_string(before.size() + 1) + " bytes, expected " +
                std::to_string(before.size()));
    write_file(image, before);
    const auto done = std::count(out.begin(), out.end(), '\n');
    const std::string under_way =
        inputs / ("data/" + std::to_string(done / 8) + "/" + std::to_string(done % 8) + ".png");
    const std::string pixels = read_file(under_way);
    write_file(under_way, color_png(8, 1, 2, 3));
    refused(words, 3, "is another image than when");
    write_file(under_way, pixels);
    write_file(inputs / "out", out.substr(0, out.size() - 5));
    const Ended cut = run_verb(words);
    CHECK(cut.code == 3);
    CHECK(cut.err.find(inputs / "out" + ": has ") != std::string::npos);
    write_file(inputs / "out", out);
    CHECK(run_verb(words).code == 0);
}

TEST_CASE("options that do not go together are refused") {
    const KeptInputs inputs;
    const auto refused = [&](Words words, const std::string& piece) {
        const Ended ended = run_verb(words);
        CAPTURE(ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.err.find(piece) != std::string::npos);
    };
    const Words plain = {"classify", inputs / "m.safetensors", inputs / "data", "-r"};
    const auto with = [&](const Words& more) {
        Words words = plain;
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    refused(with({"--output", inputs / "o"}), "--output: needs --progress");
    refused(with({"--progress", inputs / "p"}), "--progress: needs --output");
    refused(with({"--progress-every", "image"}), "--progress-every: needs --progress");
    refused(inputs.classify({"--deadline-ms", "3"}), "excludes --deadline-ms");
    refused(inputs.classify({"--workers", "2"}), "excludes --workers");
    refused(inputs.classify({"--durability", "disk"}), "--durability");
    refused(inputs.classify({"--progress-every", "often"}), "--progress-every");
    refused(with({"--progress", inputs / "p", "--output", inputs / "p"}), "is the same file as");
    refused(with({"--progress", inputs / "m.safetensors", "--output", inputs / "o"}), "is the same file as");
    CHECK_FALSE(std::filesystem::exists(inputs / "out"));
}

TEST_CASE("two processes on one file: the second is told, the first goes on") {
    const KeptInputs inputs;
    const Words words = inputs.classify({});
    const std::string expected = inputs.undisturbed(words);
    {
        const auto first = RegularFile::open(inputs / "kept", O_RDWR | O_CREAT);
        first.lock(LOCK_EX);
        const Ended second = run_verb(words);
        CHECK(second.code == 4);
        CHECK(second.err.find("another process is at work on it") != std::string::npos);
    }
    CHECK(run_verb(words).code == 0);
    CHECK(read_file(inputs / "out") == expected);
}

TEST_CASE("where no more can be written the exit code is 4 and the run goes on later") {
    const KeptInputs inputs;
    const Words words = inputs.classify({"--config", inputs.set("none")});
    const std::string expected = inputs.undisturbed(words);
    CHECK(run_verb(words, 200).was_killed);
    const std::string kept = read_file(inputs / "kept");
    CHECK(run_verb(words, 0, 4096).code == 4);
    CHECK(read_file(inputs / "out").size() <= 4096);
    CHECK(read_file(inputs / "kept").size() == kept.size());
    CHECK(run_verb(words).code == 0);
    CHECK(read_file(inputs / "out") == expected);
    Words nowhere = words;
    nowhere[9] = inputs / "nowhere/kept";
    CHECK(run_verb(nowhere).code == 4);
}
