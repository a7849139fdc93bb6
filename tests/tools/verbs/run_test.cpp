// Raw tensors through `dyce run`.
#include "loaders/format/npy.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("run writes the outputs of a model as .npy, compiled and by plain loops") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", color_model());
    Tensor input(DataType::kFloat32, {2, 3, 8, 8});
    for (std::int64_t i = 0; i < input.elements(); ++i)
        input.mutable_data<float>()[i] = static_cast<float>(i / 64);
    write_npy(folder / "in.npy", input);  // plane k of the six is filled with k
    for (const char* kernels : {"", " --reference"}) {
        const Outcome outcome = run_program("run " + folder / "m.safetensors" + " --input " +
                                            folder / "in.npy" + " --output " + folder / "out" + kernels);
        CHECK(outcome.code == 0);
        const Tensor logits = read_npy(folder / "out/logits.npy");
        REQUIRE(logits.shape() == Shape{2, 3});
        for (int i = 0; i < 6; ++i) CHECK(logits.data<float>()[i] == doctest::Approx(8.0 * i));
    }
    write_npy(folder / "in.npy", Tensor(DataType::kFloat32, {1, 3, 8, 9}));
    const Outcome wrong =
        run_program("run " + folder / "m.safetensors" + " --input input=" + folder / "in.npy");
    CHECK(wrong.code == 2);
    CHECK(wrong.err.find("1x3x8x9 given, expected float32 1x3x8x8") != std::string::npos);
}
