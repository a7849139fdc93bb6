// Runs the program `dyce` as a user does, and makes the small files it works on.
#pragma once

#include "graph/builder.h"
#include "loaders/format/model_file.h"
#include "tests/loaders/image/make_files.h"
#include "tests/support/support.h"

#include <cstdlib>
#include <string>

#include <sys/wait.h>

namespace dyce::test {

struct Outcome {
    int code;
    std::string out, err;
};

/// `arguments` as a shell reads them; `before` stands in front of the program ("printf x |").
inline Outcome run_program(const std::string& arguments, const std::string& before = "") {
    const TempFolder folder;
    const std::string command =
        before + " " DYCE_PROGRAM " " + arguments + " >" + folder / "out" + " 2>" + folder / "err";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), read_file(folder / "out"), read_file(folder / "err")};
}

/// Tells red, green and blue 8x8 images apart: the logits are 8 times the channels' averages.
inline ModelData color_model() {
    Tensor weights(DataType::kFloat32, {3, 3});
    for (int i = 0; i < 3; ++i) weights.mutable_data<float>()[4 * i] = 8;
    GraphBuilder g;
    const ValueId x = g.input("input", {DataType::kFloat32, {1, 3, 8, 8}});
    const ValueId pooled = g.add("Flatten", {g.add("GlobalAveragePool", {x})});
    g.output(g.add("Gemm", {pooled, g.constant("weight", weights)}, {}, "logits"));
    Member member;
    member.architecture = "colors";
    member.graph = std::move(g).build();
    member.preprocess.height = member.preprocess.width = 8;
    ModelData model;
    model.labels = {"red", "green", "blue, or so"};
    member.parameters = 9;
    model.members.push_back(std::move(member));
    return model;
}

/// An 8-bit RGB image of `side` x `side` pixels of one colour, as a PNG file.
inline std::string color_png(int side, int r, int g, int b) {
    const std::string pixel = bytes({r, g, b});
    std::string row(1, '\0');  // filter: none
    for (int i = 0; i < side; ++i) row += pixel;
    std::string rows;
    for (int i = 0; i < side; ++i) rows += row;
    const auto size = static_cast<std::uint32_t>(side);
    return png(png_header(size, size, 8, 2), zlib_stored(rows));
}

}  // namespace dyce::test
