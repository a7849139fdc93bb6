// Covers tools/cli/{csv, file_name, image_folder, image_rows}.
// Images in, answers out: the colours of the images are the oracle.
#include "tests/tools/exit_inputs.h"
#include "tests/tools/program.h"

#include <dyce/error.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace dyce::test;
using nlohmann::json;

namespace {

struct Images {
    TempFolder folder;
    std::string model = folder / "colors.safetensors";
    Images() {
        dyce::save_model(model, color_model());
        write_file(folder / "p/a,red.png", color_png(8, 255, 0, 0));
        write_file(folder / "p/b green.png", color_png(8, 0, 255, 0));
        write_file(folder / "p/deep/c_blue.png", color_png(8, 0, 0, 255));
        write_file(folder / "p/notes.txt", "not an image");
    }
    std::string operator/(const std::string& name) const { return "'" + folder / name + "'"; }
};

std::vector<json> lines(const std::string& text) {
    std::vector<json> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(json::parse(line));
    return result;
}

}  // namespace

TEST_CASE("classify answers a folder in order, one JSON line an image") {
    const Images p;
    for (const char* batch : {"", " --batch 2", " --batch 7 --threads 1"}) {
        const Outcome outcome = run_program("classify " + p.model + " -r " + p / "p" + " --jsonl" + batch);
        CHECK(outcome.code == 0);
        const auto answers = lines(outcome.out);
        REQUIRE(answers.size() == 3);
        const std::vector<std::string> labels = {"red", "green", "blue, or so"};
        for (std::size_t i = 0; i < 3; ++i) {
            const json& answer = answers[i];
            CHECK(answer["index"][0] == i);
            CHECK(answer["label"][0] == labels[i]);
            CHECK(answer["prob"][0].get<double>() == doctest::Approx(0.99933).epsilon(1e-4));  // e^8/(e^8+2)
            CHECK(answer["score"] == answer["prob"][0]);
            CHECK(answer["macs"] == 9);
            CHECK(answer["exit_site"] == 0);
            CHECK(answer["exit_type"] == "final");
            CHECK(answer["member"] == 0);
            CHECK(answer["configuration"] == "off");
            CHECK(answer["generation"] == 0);
            CHECK(answer["latency_us"].get<double>() > 0);
        }
        CHECK(answers[0]["filename"].get<std::string>().find("a,red.png") != std::string::npos);
    }
}

TEST_CASE("under a deadline each answer says whether it was late; without one the lines are as ever") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string command =
        "classify " + folder / "m.safetensors" + " -r " + folder / "data" + " --jsonl";
    for (const json& answer : lines(run_program(command).out)) CHECK_FALSE(answer.contains("late"));
    struct Row {
        const char* deadline_ms;
        bool late;
        const char* exit_type;
    };
    for (const Row& row : {Row{"0.000001", true, "exit0"}, {"100000000", false, "final"}}) {
        const Outcome outcome = run_program(command + " --deadline-ms " + row.deadline_ms);
        CHECK(outcome.code == 0);
        const auto answers = lines(outcome.out);
        REQUIRE(answers.size() == 40);
        for (const json& answer : answers) {
            CHECK(answer["late"] == row.late);
            CHECK(answer["exit_type"] == row.exit_type);
        }
    }
}

TEST_CASE("an image that fails is told, the others are answered, the exit code is 1") {
    const Images p;
    write_file(p.folder / "p/broken.png", "nothing");
    write_file(p.folder / "p/large.png", color_png(9, 1, 2, 3));
    const Outcome outcome = run_program("classify " + p.model + " " + p / "p" + " --jsonl --batch 3");
    CHECK(outcome.code == 1);
    const auto answers = lines(outcome.out);
    REQUIRE(answers.size() == 4);  // a,red  b green  broken  large
    CHECK(answers[0]["index"][0] == 0);
    CHECK(answers[1]["index"][0] == 1);
    CHECK(answers[2].contains("error"));
    CHECK(answers[2].size() == 2);
    CHECK(answers[3]["error"].get<std::string>().find("9x9") != std::string::npos);
    CHECK(outcome.err.find("broken.png") != std::string::npos);
}

TEST_CASE("several workers answer in the order of the images") {
    const Images p;
    write_file(p.folder / "p/broken.png", "nothing");
    std::string images;
    std::vector<std::string> expected;
    for (int i = 0; i < 60; ++i) {
        const char* names[] = {"p/a,red.png", "p/broken.png", "p/deep/c_blue.png"};
        images += " " + p / names[i % 7 % 3];
        expected.push_back(p.folder / names[i % 7 % 3]);
    }
    const auto without_times = [](std::vector<json> answers) {
        for (json& answer : answers) answer.erase("latency_us");
        return answers;
    };
    const Outcome alone = run_program("classify " + p.model + images + " --jsonl --batch 2 --workers 1");
    const Outcome outcome = run_program("classify " + p.model + images + " --jsonl --batch 2 --workers 5");
    CHECK(outcome.code == 1);
    CHECK(outcome.err == alone.err);
    CHECK(without_times(lines(outcome.out)) == without_times(lines(alone.out)));
    const auto answers = lines(outcome.out);
    REQUIRE(answers.size() == expected.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        CHECK(answers[i]["filename"] == expected[i]);
        CHECK(answers[i].contains("error") == (expected[i].find("broken") != std::string::npos));
        if (!answers[i].contains("error"))
            CHECK(answers[i]["index"][0] == (expected[i].find("red") != std::string::npos ? 0 : 2));
    }
}

TEST_CASE("images come from lists too, and answers go out as CSV or text") {
    const Images p;
    const std::string red = p / "p/a,red.png", blue = p / "p/deep/c_blue.png";
    const Outcome piped =
        run_program("classify " + p.model + " - --topk 1 --csv", "printf '%s\\n' " + red + " | ");
    CHECK(piped.code == 0);
    CHECK(piped.out.find("/p/a,red.png\",1,0,red,0.999") != std::string::npos);
    const Outcome nul = run_program("classify " + p.model + " --files0-from - --topk 1",
                                    "printf '%s\\0%s\\0' " + red + " " + blue + " | ");
    CHECK(nul.code == 0);
    CHECK(nul.out.find("99.93 %  red") < nul.out.find("99.93 %  blue, or so"));
    CHECK(nul.out.find("blue, or so") != std::string::npos);
}

TEST_CASE("labels given on the command line replace the model's, and must be as many") {
    const Images p;
    write_file(p.folder / "names", "rouge\nvert\nbleu\n");
    const std::string red = p / "p/a,red.png";
    CHECK(run_program("classify " + p.model + " " + red + " --labels " + p / "names").out.find("rouge") !=
          std::string::npos);
    write_file(p.folder / "names", "rouge\nvert\n");
    const Outcome outcome = run_program("classify " + p.model + " " + red + " --labels " + p / "names");
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find("2 labels, the model has 3 classes") != std::string::npos);
}

TEST_CASE("eval counts what is right, and writes a line an image") {
    const Images p;
    write_file(p.folder / "list.csv", "path,label\np/a,red.png,0\n");  // a comma without quotes: refused
    CHECK(run_program("eval " + p.model + " --data " + p / "list.csv").code == 3);
    write_file(p.folder / "list.csv",
               "path,label\n\"p/a,red.png\",0\np/b green.png,1\np/deep/c_blue.png,0\n");
    const Outcome outcome =
        run_program("eval " + p.model + " --data " + p / "list.csv" + " --json --per-image " + p / "out.csv");
    CHECK(outcome.code == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["schema"] == "dyce.eval/1");
    CHECK(report["images"] == 3);
    CHECK(report["accuracy"].get<double>() == doctest::Approx(2.0 / 3));
    CHECK(report["macs"] == 9);
    CHECK(report["base_macs"] == 9);
    CHECK(report["exit_share"] == json({1.0}));
    CHECK(report["configuration"] == "off");
    const std::string table = read_file(p.folder / "out.csv");
    CHECK(table.rfind("filename,label,pred,exit_site,exit_type,score,macs\n", 0) == 0);
    CHECK(table.find("p/deep/c_blue.png,0,2,0,final,0.999") != std::string::npos);
    CHECK(table.find("\"p/a,red.png\",0,0,0,final,") != std::string::npos);
}

TEST_CASE("inspect describes the model in JSON, text and Graphviz' language") {
    const Images p;
    const json report = json::parse(run_program("inspect " + p.model + " --json").out);
    CHECK(report["schema"] == "dyce.inspect/1");
    CHECK(report["arch"] == "colors");
    CHECK(report["classes"] == 3);
    CHECK(report["input"] == json({3, 8, 8}));
    CHECK(report["params"] == 9);
    CHECK(report["macs"] == 9);
    CHECK(report["digest"].get<std::string>().size() == 32);
    CHECK(run_program("inspect " + p.model + " --plan").out.find("bytes of activations") !=
          std::string::npos);
    CHECK(run_program("inspect " + p.model + " --dot").out.rfind("digraph", 0) == 0);
}
