// dyce train --fine-tune --drop-blocks: what is left, what is refused, and being killed.
#include "graph/exits/head_builder.h"
#include "graph/interpreter.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/tools/killed_runs.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kSide = 8;

// Four colours, six images of each.
void write_colors(const TempFolder& folder) {
    for (int i = 0; i < 24; ++i)
        write_file(folder / ("data/" + std::to_string(i % 4) + "/" + std::to_string(i) + ".png"),
                   color_png(kSide, i % 4 == 0 ? 180 - i : 40, i % 4 == 1 ? 180 - i : 40,
                             i % 4 == 2 ? 180 - i : 40));
}

std::string fine_tune(const TempFolder& folder) {
    return "train --fine-tune " + folder / "m.safetensors" + " --data " + folder / "data" +
           " --batch 4 --threads 2 ";
}

bool says(const Outcome& outcome, const std::string& piece) {
    return outcome.err.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("a network that drops blocks and is not trained is the one built without them") {
    const TempFolder folder;
    write_colors(folder);
    ModelData whole = residual_network({0, 1, 2, 3});
    attach_head(whole.members[0].graph, whole.members[0].exits, 1, *parse_head_type("linear"),
                {{Tensor(DataType::kFloat32, {4, 16}), Tensor(DataType::kFloat32, {4})}});
    save_model(folder / "m.safetensors", whole);
    const Outcome outcome =
        run_program(fine_tune(folder) + "--drop-blocks 3,1 --epochs 0 -o " + folder / "o.safetensors");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(says(outcome, "the exits of the network are left out"));
    CHECK(says(outcome, "blocks dropped: 3,1; 51.1 % of the multiply-adds left"));

    const auto model = load_model(folder / "o.safetensors");
    const Member expected = residual_network({0, 2}).members[0];
    CHECK(model->last().exits.heads.empty());
    CHECK(model->last().exits.sites.size() == 2);
    CHECK(model->last().macs == count_macs(expected.graph));
    CHECK(model->last().parameters == expected.parameters);
    const Tensor images = random_tensor({2, 3, kSide, kSide}, 5);
    check_close_to_largest(interpret(model->last().graph, {images})[0],
                           interpret(expected.graph, {images})[0], 1e-6f);
}

TEST_CASE(
    "blocks that are chosen go one by one, and what is left trains; killed, it ends with the same bytes") {
    const TempFolder folder;
    write_colors(folder);
    save_model(folder / "m.safetensors", residual_network({0, 1, 2, 3}));
    const std::string arguments =
        fine_tune(folder) + "--drop-blocks auto:0.6 --holdout 0.3 --lr 0.05 --epochs 60 -o ";
    const Outcome outcome = run_program(arguments + folder / "whole.safetensors");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(says(outcome, "75.6 % of the multiply-adds left"));
    CHECK(says(outcome, "; 51.1 % of the multiply-adds left"));
    CHECK(says(outcome, "held out: 7 images, the classifier 100.00 %"));
    CHECK(load_model(folder / "whole.safetensors")->last().exits.sites.size() == 2);

    const std::string resumed =
        arguments + folder / "pieces.safetensors" + " --checkpoint " + folder / "checkpoint" + " --resume";
    CHECK(run_killed(resumed, folder / "pieces.safetensors", folder / "whole.safetensors") > 0);
}

TEST_CASE("dropping blocks refuses what cannot be") {
    const TempFolder folder;
    write_colors(folder);
    save_model(folder / "m.safetensors", residual_network({0, 1, 2}));
    const std::string out = " -o " + folder / "o.safetensors ";
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {"--drop-blocks 0", 2, "block 0: cannot be dropped: it is the first"},
        {"--drop-blocks 1,5", 2, "block 5: does not exist: the network has 3"},
        {"--drop-blocks 1,1", 2, "block 1: is there twice"},
        {"--drop-blocks 1,x", 2, "\"x\" given"},
        {"--drop-blocks \"\"", 2, "is empty"},
        {"--drop-blocks auto:0", 2, "0 given"},
        {"--drop-blocks auto:1.01", 2, "from 0 to 1"},
        {"--drop-blocks auto:nan", 2, "\"nan\""},
        {"--drop-blocks auto:0.35", 2, "0.3536 of the multiply-adds are left without all 2 blocks"},
        {"--drop-blocks auto:0.5 --holdout 0", 2, "--holdout is 0"},
        {"--drop-blocks 1 --heads linear", 2, "--heads"},
        {"--epochs 0", 2, "from 1 to"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(fine_tune(folder) + row.arguments + out);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == row.code);
        CHECK(says(outcome, row.piece));
    }
    const Outcome scratch =
        run_program("train --from-scratch --arch cifar_resnet20 --drop-blocks 1 --data x" + out);
    CHECK(scratch.code == 2);
    CHECK(says(scratch, "--drop-blocks: has no meaning without --fine-tune"));
}
