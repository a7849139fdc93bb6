// Covers convert_check, loaders/import/image_input.
// Small networks of the kinds that people have, as dyce converts and answers by them. What they must answer is
// in shared/assets/field-cases: ONNX Runtime's values, of images prepared by Pillow.
#include "loaders/format/json.h"
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <dyce/image.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

using namespace dyce;
using namespace dyce::test;

namespace {

const std::string kAsItIs = "--resize none --crop none --mean 0,0,0 --std 1,1,1";

const std::string kPlain = "--mean 0 --std 1 ";

struct Case {
    std::string name;  ///< in expected.json
    std::string options = kAsItIs;
    std::string image = "p32.png";
    double tolerance = 1e-4;
};

const Case kCases[] = {
    {"a1"},
    {"a2"},
    {"a6"},
    {"b1", kPlain + "--resize 32x32", "wide.png", 1e-3},
    {"b2", kPlain + "--resize 48x24", "wide.png", 1e-3},
    {"b3", kPlain, "grey28.png"},
    {"b4", kPlain},
    {"b5", kPlain},
    {"c1"},
    {"d1"},
    {"d2"},
    {"d3"},
    {"d4", kAsItIs, "p32.png", 1e-2},
    {"d5", kAsItIs, "p32.png", 2e-2},
    {"d6_mish"},
    {"d6_selu"},
    {"d6_softplus"},
    {"d7"},
};

/// Probabilities by class, as `classify` tells them.
std::map<int, double> probabilities(const Outcome& outcome) {
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const Json answer = Json::parse(outcome.out);
    std::map<int, double> result;
    for (std::size_t i = 0; i < answer["index"].size(); ++i)
        result[answer["index"][i].get<int>()] = answer["prob"][i].get<double>();
    return result;
}

Outcome convert(const std::string& model, const std::string& options, const TempFolder& folder) {
    return run_program("convert " + model + " " + options + " -o " + folder / "m.safetensors");
}

}  // namespace

TEST_CASE("networks from the field answer as ONNX Runtime does") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::filesystem::path cases = shared / "assets/field-cases";
    const Json expected = Json::parse(read_file(cases / "expected.json"));
    for (const Case& row : kCases) {
        CAPTURE(row.name);
        const TempFolder folder;
        const Json& answer = expected.at(row.name);
        const Outcome converted =
            convert((cases / answer["model"].get<std::string>()).string(), row.options, folder);
        CAPTURE(converted.err);
        REQUIRE(converted.code == 0);
        const auto found = probabilities(run_program("classify " + folder / "m.safetensors" + " " +
                                                     (cases / row.image).string() + " --jsonl"));
        for (std::size_t i = 0; i < answer["top_index"].size(); ++i) {
            const int index = answer["top_index"][i].get<int>();
            CAPTURE(index);
            CHECK(std::abs(found.at(index) - answer["top_prob"][i].get<double>()) <= row.tolerance);
        }
    }
}

TEST_CASE("a quantised network's scales serve --precision int8") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::filesystem::path cases = shared / "assets/field-cases";
    const Json answer = Json::parse(read_file(cases / "expected.json"))["d4"];
    const TempFolder folder;
    REQUIRE(convert((cases / "d4_qdq.onnx").string(), kAsItIs, folder).code == 0);
    CHECK(run_program("inspect " + folder / "m.safetensors").out.find("int8 scales   3\n") !=
          std::string::npos);
    const Outcome outcome = run_program("classify " + folder / "m.safetensors" + " " +
                                        (cases / "p32.png").string() + " --jsonl --precision int8");
    if (outcome.code == 2) return;  // not on this processor
    const auto found = probabilities(outcome);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(std::abs(found.at(answer["top_index"][i].get<int>()) - answer["top_prob"][i].get<double>()) <=
              1e-2);
}

TEST_CASE("pictures from the field decode as Pillow decodes them") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::string cases = (shared / "assets/field-cases/").string();
    const Json expected = Json::parse(read_file(cases + "expected.json"));
    for (const char* name : {"e1", "e2"}) {
        CAPTURE(name);
        const Json& pixels = expected.at(name)["pillow_rgb"];
        const Image image = Image::load(cases + expected.at(name)["picture"].get<std::string>());
        REQUIRE(pixels.size() == static_cast<std::size_t>(3 * image.width() * image.height()));
        int worst = 0;
        for (std::size_t i = 0; i < pixels.size(); ++i)
            worst = std::max(worst, std::abs(pixels[i].get<int>() - image.pixels()[i]));
        CHECK(worst <= 3);
    }
}

TEST_CASE("independent labels are told as such, and only where that makes sense") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::string cases = (shared / "assets/field-cases/").string();
    const TempFolder folder;
    const std::string model = folder / "m.safetensors", image = cases + "p32.png";
    const Json expected = Json::parse(read_file(cases + "expected.json"))["a3"];
    REQUIRE(convert(cases + "a3_sigmoid_multilabel.onnx", kAsItIs, folder).code == 0);
    const auto all =
        probabilities(run_program("classify " + model + " " + image + " --jsonl --label-threshold 0"));
    CHECK(all.size() == 5);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(std::abs(all.at(static_cast<int>(i)) - expected["value"][i].get<double>()) <= 1e-5);
    CHECK(probabilities(run_program("classify " + model + " " + image + " --jsonl")).empty());
    const auto likely =
        probabilities(run_program("classify " + model + " " + image + " --jsonl --label-threshold 0.1"));
    CHECK(likely.size() == 2);
    CHECK(likely.count(0) == 1);
    CHECK(likely.count(3) == 1);
    CHECK(run_program("inspect " + model).out.find(", sigmoid\n") != std::string::npos);
    CHECK(run_program("bench " + model + " --batch 1 --threads 1").code == 0);
    const std::string elsewhere[] = {
        "eval " + model + " --data " + cases,
        "record " + model + " --data " + cases + " -o " + folder / "r.npz",
        "train " + model + " --data " + cases + " -o " + folder / "t.safetensors",
        "quantize " + model + " --data " + cases + " -o " + folder / "q.safetensors",
        "cascade " + model + " " + model + " -o " + folder / "c.safetensors"};
    for (const std::string& line : elsewhere) {
        CAPTURE(line);
        const Outcome refused = run_program(line);
        CHECK(refused.code == 2);
        CHECK(refused.err.find("the labels of this model are independent") != std::string::npos);
    }
    // Who knows better than the file: softmax of the same logits.
    REQUIRE(convert(cases + "a3_sigmoid_multilabel.onnx", kAsItIs + " --activation softmax", folder).code ==
            0);
    double sum = 0;
    for (const auto& [index, probability] :
         probabilities(run_program("classify " + model + " " + image + " --jsonl")))
        sum += probability;
    CHECK(sum == doctest::Approx(1));
    const Outcome exclusive = run_program("classify " + model + " " + image + " --label-threshold 0.1");
    CHECK(exclusive.code == 2);
    CHECK(exclusive.err.find("exclude one another") != std::string::npos);
    REQUIRE(convert(cases + "a3_sigmoid_multilabel.onnx", kAsItIs + " --activation none", folder).code == 0);
    const auto values = probabilities(run_program("classify " + model + " " + image + " --jsonl"));
    CHECK(std::abs(values.at(3) - expected["value"][3].get<double>()) <= 1e-5);
}

TEST_CASE("one logit is two classes, and what is no classifier is refused with its shape") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::string cases = (shared / "assets/field-cases/").string();
    const TempFolder folder;
    REQUIRE(convert(cases + "a4_one_sigmoid.onnx", kAsItIs, folder).code == 0);
    const auto found =
        probabilities(run_program("classify " + folder / "m.safetensors" + " " + cases + "p32.png --jsonl"));
    CHECK(found.size() == 2);
    CHECK(found.at(0) == doctest::Approx(1 - 0.08295479).epsilon(1e-5));
    CHECK(found.at(1) == doctest::Approx(0.08295479).epsilon(1e-4));
    const Outcome boxes = convert(cases + "a5_rank3_boxes.onnx", kAsItIs, folder);
    CHECK(boxes.code == 3);
    CHECK(boxes.err.find("output 'boxes': is float32 Nx16x4, expected float32 NxK") != std::string::npos);
    const Outcome unknown = convert(cases + "a6_logits_and_label.onnx", kAsItIs + " --output logit", folder);
    CHECK(unknown.code == 2);
    CHECK(unknown.err.find("no output 'logit'; the nearest is 'logits'") != std::string::npos);
}

TEST_CASE("convert tells what it recognised, and checks itself on given arrays") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::string assets = (shared / "assets/").string();
    const TempFolder folder;
    const Outcome nhwc = convert(assets + "field-cases/b4_nhwc.onnx", kPlain, folder);
    CHECK(nhwc.err.find(
              "\noutput      'logits'\nactivation  softmax over 5 classes\nrecipe      no resize, no crop, "
              "rgb 0..1, mean 0,0,0, std 1,1,1\nlayout      NxCxHxW, of the file's NxHxWxC\nsites       2: "
              "v6, v10\n") != std::string::npos);
    const std::string recipe = "--mean .4914,.4822,.4465 --std .2470,.2435,.2616 --check ";
    for (const char* name : {"cifar10_vit", "cifar10_cct"}) {
        const std::string network = assets + "attention/" + name;
        const Outcome fits = convert(network + ".onnx", recipe + network + "_reference.npz", folder);
        CAPTURE(fits.err);
        CHECK(fits.code == 0);
        CHECK(fits.err.find("check       'logits': max abs ") != std::string::npos);
        CHECK(fits.err.find("8 images alone, in a batch and in reverse: equal bits") != std::string::npos);
        const bool is_vit =
            std::string(name) == "cifar10_vit";  // 6 blocks behind a class token; 4 of 256 tokens
        CHECK(fits.err.find(is_vit ? "\nsites       6: " : "\nsites       4: ") != std::string::npos);
        CHECK(fits.err.find(is_vit ? "(64 tokens behind 1)" : "(256 tokens)") != std::string::npos);
    }
    const std::string other = recipe + assets + "attention/cifar10_cct_reference.npz";
    CHECK(convert(assets + "attention/cifar10_vit.onnx", other, folder).code == 1);
    const std::string foreign = recipe + assets + "cifar10/resnet8_2ee_reference.npz";
    CHECK(convert(assets + "field-cases/c1_lenet.onnx", foreign, folder).code == 2);
    const std::string exits = "--mean 0 --std 1 --check " + assets + "cifar10/resnet8_2ee_reference.npz";
    const Outcome both = convert(assets + "cifar10/resnet8_2ee.onnx", exits, folder);
    CHECK(both.code == 0);
    CHECK(both.err.find("check       'exit0'") != std::string::npos);
}
