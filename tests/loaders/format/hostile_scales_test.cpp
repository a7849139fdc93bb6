// Model files whose scales for int8 are wrong.
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/support.h"

#include <functional>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

// Saves the tiny model, changes its graph's text, and checks that the result is refused.
void check_text_refused(const std::function<void(std::string&)>& change, const std::string& piece) {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, tiny_model());
    ModelParts parts(path);
    change(parts.metadata["dyce.graph"]);
    parts.write(path);
    check_refused([&] { load_model(path); }, ErrorCode::kContent, piece);
}

void check_graph_refused(const std::function<void(Json&)>& change, const std::string& piece) {
    check_text_refused(
        [&](std::string& text) {
            Json json = parse_json(text, "dyce.graph");
            change(json);
            text = json.dump();
        },
        piece);
}

}  // namespace

TEST_CASE("hostile model: scales") {
    struct Row {
        std::string name;
        Json quantization;
        std::string piece;
    };
    const std::string range = "expected a number of 1e-10 to 1e10";
    const Row rows[] = {
        {"no object", 0.5, "relu'.quantization: found number 0.5, expected an object"},
        {"no scale", {{"type", "u8"}}, "relu'.quantization: 'scale' is missing"},
        {"no type", {{"scale", 0.5}}, "relu'.quantization: 'type' is missing"},
        {"unknown type",
         {{"type", "u4"}, {"scale", 0.5}},
         "relu'.quantization.type: found string 'u4', expected u8 or s8"},
        {"unknown key",
         {{"type", "u8"}, {"scale", 0.5}, {"zero", 3}},
         "relu'.quantization: unknown key 'zero'"},
        {"zero", {{"type", "u8"}, {"scale", 0}}, "relu'.quantization.scale: found number 0, " + range},
        {"negative",
         {{"type", "u8"}, {"scale", -0.5}},
         "relu'.quantization.scale: found number -0.5, " + range},
        {"tiny", {{"type", "s8"}, {"scale", 9e-11}}, range},
        {"huge", {{"type", "s8"}, {"scale", 2e10}}, range},
        {"beyond float32", {{"type", "s8"}, {"scale", 1e300}}, "expected a number in the range of float32"},
        {"text",
         {{"type", "u8"}, {"scale", "0.5"}},
         "relu'.quantization.scale: found string '0.5', expected"},
        {"null for a NaN",
         {{"type", "u8"}, {"scale", nullptr}},
         "relu'.quantization.scale: found null, expected"},
        {"a list", {{"type", "u8"}, {"scale", {0.5}}}, "relu'.quantization.scale: found array, expected"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto change = [&](Json& json) { json["nodes"][1]["quantization"] = row.quantization; };
        check_graph_refused(change, "m.safetensors: dyce.graph: node '");
        check_graph_refused(change, row.piece);
    }
    const Json zero = {{"type", "u8"}, {"scale", 0}};
    check_graph_refused([&](Json& json) { json["inputs"][0]["quantization"] = zero; },
                        "dyce.graph.inputs[0].quantization.scale: found number 0, " + range);
    check_text_refused(
        [](std::string& text) {
            text.insert(text.find("\"name\":\"relu\""), R"("quantization":{"type":"u8","scale":NaN},)");
        },
        "m.safetensors: dyce.graph");
    check_graph_refused(
        [](Json& json) {
            json["nodes"][1]["outputs"].push_back("more");
            json["nodes"][1]["quantization"] = {{"type", "u8"}, {"scale", 0.5}};
        },
        "node 'relu'.outputs: found array, expected one output, as the node has a quantization");
    // Right ones, too, are part of what the digest names.
    check_graph_refused(
        [](Json& json) {
            json["nodes"][1]["quantization"] = {{"type", "u8"}, {"scale", 0.5}};
        },
        "it was changed or damaged");
}
