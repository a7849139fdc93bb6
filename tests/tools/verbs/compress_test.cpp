// Covers compress_report.
// dyce compress: what it writes and what not, its report, its refusals, and the way back by --expand.
#include "tests/search/compress/small_network.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

// Class folders of four colours, 12 images each.
void write_colors(const TempFolder& folder) {
    const int colors[4][3] = {{200, 40, 40}, {40, 200, 40}, {40, 40, 200}, {40, 40, 40}};
    for (int c = 0; c < 4; ++c)
        for (int i = 0; i < 12; ++i)
            write_file(folder / ("data/" + std::to_string(c) + "/" + std::to_string(i) + ".png"),
                       color_png(8, colors[c][0] + i, colors[c][1] + i, colors[c][2] + i));
}

std::string compress_command(const TempFolder& folder,
                             const std::string& options = "--batch 8 --lr 0.05 --quiet ") {
    return "compress " + folder / "m.safetensors" + " --data " + folder / "data" + " -o " +
           folder / "s.safetensors" + " --epochs 20 --threads 1 " + options;
}

bool tells(const std::string& text, const std::string& piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("compress writes a file of that size, tells what it did, and expands to the same model") {
    const TempFolder folder;
    write_colors(folder);
    save_model(folder / "m.safetensors", small_network());
    const Outcome outcome = run_program(compress_command(folder) + "--target-kb 5.2 --max-drop 100 --json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const std::uintmax_t bytes = std::filesystem::file_size(folder / "s.safetensors");
    CHECK(bytes <= 5200);
    for (const char* piece :
         {"\"schema\": \"dyce.compress/1\"", "\"name\": \"as it was\"", "\"name\": \"the result\"",
          "\"header_bytes\"", "\"drop\"", "\"fragile\"", "\"steps\": 100"})
        CHECK(tells(outcome.out, piece));
    CHECK(tells(outcome.out, "\"bytes\": " + std::to_string(bytes)));
    REQUIRE(run_program("compress --expand " + folder / "s.safetensors" + " -o " +
                        folder / "d.safetensors --quiet")
                .code == 0);
    const auto small = load_model(folder / "s.safetensors"), dense = load_model(folder / "d.safetensors");
    CHECK(small->digest == dense->digest);
    CHECK(tells(outcome.out, small->digest));
    CHECK(std::filesystem::file_size(folder / "d.safetensors") > 10'000);
    const std::string eval = " --data " + folder / "data" + " --quiet --per-image ";
    REQUIRE(run_program("eval " + folder / "s.safetensors" + eval + folder / "s.csv").code == 0);
    REQUIRE(run_program("eval " + folder / "d.safetensors" + eval + folder / "d.csv").code == 0);
    CHECK(read_file(folder / "s.csv") == read_file(folder / "d.csv"));
}

TEST_CASE("compress drops heads and scales with a notice, and writes nothing that lost too much") {
    const TempFolder folder;
    write_colors(folder);
    ModelData model = small_network();
    model.members[0].graph.value(model.members[0].graph.nodes[0].outputs[0]).quantization =
        Quantization{0.1f, true};
    save_model(folder / "m.safetensors", model);
    const Outcome outcome =
        run_program(compress_command(folder, "--batch 8 --lr 1e-9 --target-kb 5.2 --max-drop 0"));
    CAPTURE(outcome.err);
    CHECK(tells(outcome.err, "its scales for int8 are dropped"));
    CHECK(tells(outcome.err, "header"));
    if (outcome.code == 1) {
        CHECK(tells(outcome.err, "is not written"));
        CHECK(tells(outcome.err, "--max-drop allows 0.00 %"));
        CHECK(tells(outcome.err, "reached: "));
        CHECK(!std::filesystem::exists(folder / "s.safetensors"));
    }
}

TEST_CASE("compress refuses what cannot be, before it trains") {
    const TempFolder folder;
    write_colors(folder);
    save_model(folder / "m.safetensors", small_network());
    ModelData untrainable = small_network();
    untrainable.members[0].graph.nodes[1].spec = find_op("Sigmoid");
    untrainable.members[0].graph.nodes[3].spec = find_op("Tanh");
    save_model(folder / "u.safetensors", untrainable);
    ModelData two = small_network();
    two.members.push_back(two.members[0]);
    save_model(folder / "two.safetensors", two);
    const std::string good = compress_command(folder);
    const auto with = [&](const std::string& name) {
        return "compress " + folder / name + " --data " + folder / "data" + " -o " +
               folder / "s.safetensors" + " --target-kb 5 ";
    };
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {good, 2, "--target-kb: is missing"},
        {good + "--target-kb 0", 2, "--target-kb: 0 given"},
        {good + "--target-kb 0.001", 2, "the least that this network takes is"},
        {good + "--target-kb 1000", 2, "the model has only"},
        {good + "--target-kb 5 --store int4", 2, "\"int4\""},
        {good + "--target-kb 5 --factorise maybe", 2, "\"maybe\""},
        {good + "--target-kb 5 --for money", 2, "\"money\""},
        {good + "--target-kb 5 --schedule never", 2, "\"never\""},
        {good + "--target-kb 5 --resume", 2, "--checkpoint"},
        {good + "--target-kb 5 --holdout 0", 2, "something has to judge"},
        {compress_command(folder, "--target-kb 5 --batch 100"), 3, "a batch of 100"},
        {with("u.safetensors"), 2, "for 2 of its nodes: first.relu (Sigmoid), second.relu (Tanh)"},
        {with("two.safetensors"), 2, "is a cascade"},
        {"compress --expand -o x.safetensors", 2, "MODEL"},
        {"compress --expand " + folder / "m.safetensors --target-kb 5 -o x.safetensors", 2, "--target-kb"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == row.code);
        CHECK(tells(outcome.err, row.piece));
    }
    CHECK(!std::filesystem::exists(folder / "s.safetensors"));
}
