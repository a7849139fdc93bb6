// dyce train --gates and --strip: what is stored, what is refused, and being killed.
#include "graph/exits/head_builder.h"
#include "graph/interpreter.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/tools/killed_runs.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kGateSide = 8;

// Four colours, ten images of each.
void write_gate_images(const TempFolder& folder) {
    for (int i = 0; i < 40; ++i) {
        const auto shade = [&](int k) { return i % 4 == k ? 220 - 3 * i : 40; };
        write_file(folder / ("data/" + std::to_string(i % 4) + "/" + std::to_string(i) + ".png"),
                   color_png(kGateSide, shade(0), shade(1), shade(2)));
    }
}

std::string gate_training(const TempFolder& folder) {
    return "train --fine-tune " + folder / "m.safetensors" + " --data " + folder / "data" +
           " --batch 4 --threads 2 ";
}

bool tells(const Outcome& outcome, const std::string& piece) {
    return outcome.err.find(piece) != std::string::npos;
}

std::vector<HeadLayer> zero_layers() {
    return {{Tensor(DataType::kFloat32, {4, 16}), Tensor(DataType::kFloat32, {4})}};
}

}  // namespace

TEST_CASE(
    "a network with gates is stored as what it was, with a head for each; killed, it ends with the same "
    "bytes") {
    const TempFolder folder;
    write_gate_images(folder);
    ModelData whole = residual_network({0, 1, 2, 3});
    attach_head(whole.members[0].graph, whole.members[0].exits, 1, *parse_head_type("linear"), zero_layers());
    save_model(folder / "m.safetensors", whole);
    const std::string arguments = gate_training(folder) +
                                  "--gates ff16 --target 0.7 --holdout 0.2 --lr 0.05 " +
                                  "--epochs 40 --teacher " + folder / "m.safetensors" + " --log ";
    const Outcome outcome =
        run_program(arguments + folder / "log.csv" + " --json -o " + folder / "whole.safetensors");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(tells(outcome, "% run the block behind it"));
    CHECK(tells(outcome, "% of the network's run"));
    CHECK(outcome.out.find("\"open\": ") != std::string::npos);
    CHECK(outcome.out.find("\"run\": ") != std::string::npos);
    const std::string log = read_file(folder / "log.csv");
    CHECK(log.starts_with("epoch,step,rate,loss,train_accuracy,seconds,accuracy,exit_accuracy,run\n1,8,"));
    CHECK(run_program("report --log " + folder / "log.csv" + " -o " + folder / "log.html").code == 0);

    const auto model = load_model(folder / "whole.safetensors");
    const Member& member = model->last();
    REQUIRE(member.exits.heads.size() == 4);
    int gates = 0;
    for (const ExitHead& head : member.exits.heads) {
        if (head.role != HeadRole::kGate) continue;
        CHECK(head.type == "gate-ff16");
        CHECK(head.skips == head.site + 1);
        ++gates;
    }
    CHECK(gates == 3);
    CHECK(member.macs == count_macs(residual_network({0, 1, 2, 3}).members[0].graph));

    const std::string resumed = arguments + folder / "other.csv" + " -o " + folder / "pieces.safetensors" +
                                " --checkpoint " + folder / "checkpoint" + " --resume";
    CHECK(run_killed(resumed, folder / "pieces.safetensors", folder / "whole.safetensors") > 0);
    const Outcome other = run_program(resumed + " --target 0.75");
    CHECK(other.code == 2);  // given twice
    std::string changed = resumed;
    changed.replace(changed.find("--target 0.7"), 12, "--target 0.8");
    const Outcome refused = run_program(changed);
    CHECK(refused.code == 3);
    CHECK(tells(refused, "not a checkpoint of this training"));
}

TEST_CASE("--gate-cost: the target is a share of what stages were measured to take") {
    const TempFolder folder;
    write_gate_images(folder);
    save_model(folder / "m.safetensors", residual_network({0, 1, 2}));
    const std::string ends = R"({"site":3,"segment_ms":1,"heads":[{"type":"final","ms":0}]}]}]})";
    const std::string start =
        R"({"schema":"dyce.bench/1","results":[{"batch":1,"segments":[{"site":0,"segment_ms":3,"heads":[]},)";
    write_file(folder / "ms.json", start + R"({"site":1,"segment_ms":3,"heads":[]},)" +
                                       R"({"site":2,"segment_ms":5,"heads":[]},)" + ends);
    write_file(folder / "fewer.json", start + R"({"site":2,"segment_ms":5,"heads":[]},)" + ends);
    write_file(folder / "nothing.json", start + R"({"site":1,"segment_ms":0,"heads":[]},)" +
                                            R"({"site":2,"segment_ms":0,"heads":[]},)" + ends);
    const auto train = [&](const std::string& arguments) {
        return run_program(gate_training(folder) + "--json --holdout 0.2 --epochs 2 -o " +
                           folder / "o.safetensors" + " " + arguments);
    };
    const Outcome outcome = train("--gates ff16 --target 0.6 --gate-cost " + folder / "ms.json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(tells(outcome, "measured cost: "));
    const auto report = nlohmann::json::parse(outcome.out);
    std::vector<double> open;
    for (const auto& head : report["heads"]) open.push_back(head["open"]);
    REQUIRE(open.size() == 2);
    CHECK(report["run"].get<double>() == doctest::Approx((4 + 3 * open[0] + 5 * open[1]) / 12));

    const std::string gates = "--gates ff16 --target 0.6 --gate-cost ";
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {"--gates ff16 --target 0.33 --gate-cost " + folder / "ms.json", 2,
         "0.3333 of the measured cost run with all gates shut"},
        {gates + folder / "fewer.json", 2, "site 1 is missing"},
        {gates + folder / "nothing.json", 2, "nothing.json: the stages that gates would decide about"},
        {gates + folder / "none.json", 4, "none.json"},
        {gates + folder / "m.safetensors", 3, "m.safetensors"},
        {"--gate-cost " + folder / "ms.json", 2, "without --gates"},
    };
    for (const auto& row : rows) {
        const Outcome refused = train(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(refused.err);
        CHECK(refused.code == row.code);
        CHECK(tells(refused, row.piece));
    }
}

TEST_CASE("what is stripped is gone, and what is left is as it was") {
    const TempFolder folder;
    write_gate_images(folder);
    ModelData plain = residual_network({0, 1, 2}), whole = plain;
    Member& member = whole.members[0];
    attach_head(member.graph, member.exits, 1, *parse_head_type("linear"), zero_layers());
    for (const int site : {0, 1})
        attach_head(member.graph, member.exits, site, gate_type(),
                    {{Tensor(DataType::kFloat32, {16, 16}), Tensor(DataType::kFloat32, {16})},
                     {Tensor(DataType::kFloat32, {2, 16}), Tensor(DataType::kFloat32, {2})}});
    save_model(folder / "m.safetensors", whole);
    const auto stripped = [&](const std::string& what) {
        const Outcome outcome = run_program("train " + folder / "m.safetensors" + " --strip " + what +
                                            " -o " + folder / "o.safetensors");
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        return load_model(folder / "o.safetensors");
    };
    const auto exits = stripped("gates"), gates = stripped("heads");
    REQUIRE(exits->last().exits.heads.size() == 1);
    CHECK(exits->last().exits.heads[0].type == "linear");
    REQUIRE(gates->last().exits.heads.size() == 2);
    CHECK(gates->last().exits.heads[1].type == "gate-ff16");
    const Tensor images = random_tensor({2, 3, kGateSide, kGateSide}, 5);
    for (const auto& model : {exits, gates})
        CHECK(largest_difference(interpret(model->last().graph, {images})[0],
                                 interpret(plain.members[0].graph, {images})[0]) == 0);

    for (const auto& [arguments, piece] :
         {std::pair<std::string, const char*>{"--strip blocks", "\"blocks\""},
          {"--strip gates --data x", "--data"},
          {"--strip heads --epochs 3", "--epochs"}}) {
        const Outcome outcome =
            run_program("train " + folder / "m.safetensors " + arguments + " -o " + folder / "o.safetensors");
        CHECK(outcome.code == 2);
        CHECK(tells(outcome, piece));
    }
}

TEST_CASE("training gates refuses what cannot be") {
    const TempFolder folder;
    write_gate_images(folder);
    save_model(folder / "m.safetensors", residual_network({0, 1, 2}));
    ModelData gated = residual_network({0, 1});
    attach_head(gated.members[0].graph, gated.members[0].exits, 0, gate_type(),
                {{Tensor(DataType::kFloat32, {16, 16}), Tensor(DataType::kFloat32, {16})},
                 {Tensor(DataType::kFloat32, {2, 16}), Tensor(DataType::kFloat32, {2})}});
    save_model(folder / "g.safetensors", gated);
    save_model(folder / "s.safetensors", small_network());
    const std::string rest = " --data " + folder / "data" + " --batch 4 -o " + folder / "o.safetensors ";
    const struct {
        const char* model;
        const char* arguments;
        const char* piece;
    } rows[] = {
        {"m", "--gates ff16", "--target: is missing"},
        {"m", "--gates lstm --target 0.5", "\"lstm\""},
        {"m", "--gates ff16 --target 1.2", "from 0 to 1"},
        {"m", "--gates ff16 --target 0", "run with all gates shut"},
        {"m", "--gates ff16 --target 0.35", "0.3542 of the multiply-adds run with all gates shut"},
        {"m", "--gates ff16 --target nan", "\"nan\""},
        {"m", "--target 0.5", "without --gates"},
        {"m", "--gates ff16 --target 0.5 --drop-blocks 1", "--drop-blocks"},
        {"m", "--gates ff16 --target 0.5 --epochs 0", "from 1 to"},
        {"g", "", "has gates"},
        {"s", "--gates ff16 --target 0.5", "no stage that can be skipped"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(
            "train --fine-tune " + folder / (row.model + std::string(".safetensors")) + rest + row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        CHECK(tells(outcome, row.piece));
    }
    const Outcome scratch = run_program("train --from-scratch --arch cifar_resnet20 --gates ff16" + rest);
    CHECK(scratch.code == 2);
    CHECK(tells(scratch, "--gates: has no meaning without --fine-tune"));
}
