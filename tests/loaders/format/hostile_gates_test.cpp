// Files whose gates are none: what they say about themselves does not fit the network.
#include "tests/graph/net.h"
#include "tests/loaders/format/gated_model.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"
#include "tests/support/tensors.h"

#include <functional>
#include <limits>

using namespace dyce;
using namespace dyce::test;

namespace {

void check_file_refused(const ModelData& model, const std::function<void(ModelParts&)>& change,
                        const std::string& piece) {
    CAPTURE(piece);
    const TempFolder folder;
    const std::string path = folder / "m.safetensors";
    save_model(path, model);
    ModelParts parts(path);
    change(parts);
    parts.write(path);
    check_refused([&] { load_model(path); }, ErrorCode::kContent, piece);
}

// The gates among the heads of the file, in order.
std::vector<std::size_t> gates_of(const Json& exits) {
    std::vector<std::size_t> gates;
    for (std::size_t h = 0; h < exits["heads"].size(); ++h)
        if (exits["heads"][h].value("role", "exit") == "gate") gates.push_back(h);
    return gates;
}

// A stem, then a stage that leads from s0 to s1, and two logits made of s0 that nobody reads yet.
ModelData model_of_stage(const std::function<ValueId(Net&, ValueId)>& stage) {
    Net net(3);
    const ValueId first = net.op("Relu", {net.conv(net.input({1, 3, 8, 8}), 6, 3)}, {}, "s0");
    const ValueId second = stage(net, first);
    const auto pooled = [&](ValueId x) { return net.op("Flatten", {net.op("GlobalAveragePool", {x})}); };
    const ValueId logits = net.gemm(pooled(second), 5);
    const ValueId choice = net.op("Relu", {net.gemm(pooled(first), 2)}, {}, "choice");
    Member member = tiny_model().members[0];
    member.graph = std::move(net).build({logits, choice});
    member.exits.sites = find_sites(member.graph, {"s0", "s1"});
    ModelData model;
    model.members = {member};
    return model;
}

void add_gate(ModelParts& parts) {
    const auto gate =
        Json{{"site", 0}, {"type", "gate-ff16"}, {"output", "choice"}, {"role", "gate"}, {"skips", 1}};
    Json exits = {{"sites", {"s0", "s1"}}, {"heads", Json::array({gate})}};
    parts.metadata["dyce.exits"] = exits.dump();
}

}  // namespace

TEST_CASE("hostile gates: only stages that add to what they carry may have one") {
    const auto residual = [](Net& net, ValueId x) {
        return net.op("Relu", {net.op("Add", {net.conv(x, 6, 3), x})}, {}, "s1");
    };
    const TempFolder folder;
    save_model(folder / "m.safetensors", model_of_stage(residual));
    ModelParts parts(folder / "m.safetensors");
    add_gate(parts);
    parts.write(folder / "m.safetensors");
    // All that is wrong with it is its digest: the rows below are refused for what they say.
    check_refused([&] { load_model(folder / "m.safetensors"); }, ErrorCode::kContent, "dyce.digest.model");

    const std::string piece =
        "skips a stage that nothing can stand for, expected one that adds to 's0' itself";
    check_file_refused(model_of_stage([](Net& net, ValueId x) {
                           return net.op("Relu", {net.conv(x, 6, 3, 1, true, 2)}, {}, "s1");  // half the size
                       }),
                       add_gate, piece);
    check_file_refused(model_of_stage([](Net& net, ValueId x) {
                           return net.op("Relu", {net.conv(x, 8, 3)}, {}, "s1");  // more channels
                       }),
                       add_gate, piece);
    check_file_refused(model_of_stage([](Net& net, ValueId x) {
                           return net.op("Relu", {net.conv(x, 6, 3)}, {}, "s1");  // no sum
                       }),
                       add_gate, piece);
    check_file_refused(model_of_stage([](Net& net, ValueId x) {
                           const ValueId shortcut = net.conv(x, 6, 1);  // of something else
                           return net.op("Relu", {net.op("Add", {net.conv(x, 6, 3), shortcut})}, {}, "s1");
                       }),
                       add_gate, piece);
}

TEST_CASE("hostile gates: what a gate says of itself") {
    struct Row {
        std::function<void(Json&, std::vector<std::size_t>)> change;
        std::string piece;
    };
    const auto set = [](std::size_t gate, const char* key, Json value) {
        return [=](Json& exits, const std::vector<std::size_t>& gates) {
            exits["heads"][gates[gate]][key] = value;
        };
    };
    const Row rows[] = {
        {set(0, "skips", 0), "skips to site 0, expected the next one, 1"},
        {set(0, "skips", 2), "skips to site 2, expected the next one, 1"},
        {set(2, "skips", 3), ""},  // as it was
        {set(0, "skips", -1), "skips: found number -1, expected an integer in 0.."},
        {set(0, "skips", "1"), "skips: found string '1', expected an integer"},
        {[](Json& exits, const auto& gates) { exits["heads"][gates[0]].erase("skips"); },
         "skips to site -1, expected the next one, 1"},
        {set(0, "role", "exit"), "skips a stage, which only gates do"},
        {set(0, "role", "door"), "role: found string 'door', expected exit, feed or gate"},
        {set(0, "widths", Json::array({16})), "unknown key 'widths'"},
        {set(1, "chain", 1000), "chain: found number 1000, expected an integer in 0.."},
        {[](Json& exits, const auto& gates) {
             exits["heads"][gates[0]]["chain"] = gates[1];  // each would come after the other
             exits["heads"][gates[1]]["chain"] = gates[0];
         },
         "chain: found number"},
        {[](Json& exits, const auto& gates) { exits["heads"][gates[1]]["chain"] = gates[0]; },
         "reads no value of the head before it in its chain"},
        {[](Json& exits, const auto& gates) {
             exits["heads"][gates[0]]["output"] = exits["heads"][gates[1]]["output"];
         },
         "reads 'block1', expected its site 'block0'"},
    };
    for (const Row& row : rows) {
        const auto change = [&](ModelParts& parts) {
            parts.edit("dyce.exits", [&](Json& exits) { row.change(exits, gates_of(exits)); });
        };
        if (!row.piece.empty()) check_file_refused(gated_model({0.5}), change, row.piece);
    }
}

TEST_CASE("hostile gates: their numbers") {
    const auto of_gate = [](const ModelParts& parts, const Shape& shape) {
        for (const auto& [name, tensor] : parts.tensors)
            if (name.find("gate") != std::string::npos && tensor.shape() == shape) return name;
        FAIL("no such tensor");
        return std::string();
    };
    for (const std::int64_t outcomes : {std::int64_t{1}, std::int64_t{3}}) {
        const auto widen = [&](ModelParts& parts) {
            const std::string weight = of_gate(parts, {2, 16}), bias = of_gate(parts, {2});
            REQUIRE(weight.substr(0, weight.rfind('.')) == bias.substr(0, bias.rfind('.')));
            parts.tensors[weight] = random_tensor(Shape{outcomes, 16}, 1);
            parts.tensors[bias] = random_tensor(Shape{outcomes}, 2);
        };
        check_file_refused(gated_model({0.5}), widen,
                           "makes float32 1x" + std::to_string(outcomes) +
                               ", expected one logit to skip and one to run: 1x2");
    }
    for (const float number :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (const Shape& shape : {Shape{16, 8}, Shape{2}}) {
            const auto spoil = [&](ModelParts& parts) {
                Tensor& tensor = parts.tensors[of_gate(parts, shape)];
                Tensor copy(DataType::kFloat32, tensor.shape());
                copy.mutable_data<float>()[0] = number;
                tensor = copy;
            };
            check_file_refused(gated_model({0.5}), spoil, "holds an infinity or a NaN");
        }
}
