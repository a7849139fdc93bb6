// Covers variant_json, shared_tensors.
// The key dyce.variant and members over the same tensors.
#include "tests/loaders/format/gated_model.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <cstring>
#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

std::shared_ptr<const ModelData> round_trip(const TempFolder& folder, const ModelData& model,
                                            const std::string& name = "m.safetensors") {
    save_model(folder / name, model);
    return load_model(folder / name);
}

using Change = std::function<void(std::map<std::string, std::string>&)>;

void change_file(const std::string& path, const Change& change) {
    ModelParts parts(path);
    change(parts.metadata);
    parts.write(path);
}

}  // namespace

TEST_CASE("variant: tau is written where it is not 0.5, and is a part of the digest") {
    const TempFolder folder;
    const auto plain = round_trip(folder, gated_model({0.5}));
    CHECK(ModelParts(folder / "m.safetensors").metadata.count("dyce.variant") == 0);
    CHECK(plain->members[0].gate_threshold == 0.5);
    for (const double tau : {0., 0.3, 1.}) {
        CAPTURE(tau);
        const auto model = round_trip(folder, gated_model({tau}));
        const std::string text = tau == 0 ? "0.0" : tau == 1 ? "1.0" : "0.3";
        CHECK(ModelParts(folder / "m.safetensors").metadata.at("dyce.variant") ==
              "{\"gate_threshold\":" + text + "}");
        CHECK(model->members[0].gate_threshold == tau);
        CHECK(model->positions()[0].gate->threshold == tau);
        CHECK(model->digest != plain->digest);
    }
}

TEST_CASE("variant: a file that says 0.5, or nothing, is the model without the key") {
    const TempFolder folder;
    const auto plain = round_trip(folder, gated_model({0.5}));
    for (const char* text : {"{}", R"({"gate_threshold":0.5})"}) {
        change_file(folder / "m.safetensors", [&](auto& metadata) { metadata["dyce.variant"] = text; });
        const auto model = load_model(folder / "m.safetensors");
        CHECK(model->digest == plain->digest);
        CHECK(model->members[0].gate_threshold == 0.5);
    }
    ModelData ungated = tiny_model();
    const auto before = round_trip(folder, ungated);
    ungated.members[0].gate_threshold = 0.3;  // of a network that lost its gates
    const auto after = round_trip(folder, ungated, "other.safetensors");
    CHECK(before->digest == after->digest);
    CHECK(read_file(folder / "m.safetensors") == read_file(folder / "other.safetensors"));
}

TEST_CASE("variant: two that change places make another model") {
    const TempFolder folder;
    const auto one = round_trip(folder, gated_model({0.3, 0.7}));
    const auto other = round_trip(folder, gated_model({0.7, 0.3}), "other.safetensors");
    CHECK(one->digest != other->digest);
    CHECK(one->members[0].digest == other->members[1].digest);
    CHECK(one->members[1].digest == other->members[0].digest);
    change_file(folder / "m.safetensors", [](auto& metadata) {
        std::swap(metadata.at("dyce.variant.0"), metadata.at("dyce.variant.1"));
    });
    check_refused([&] { load_model(folder / "m.safetensors"); }, ErrorCode::kContent, "dyce.digest.model");
}

TEST_CASE("hostile variants are refused by file and field") {
    struct Row {
        std::vector<double> taus;  // of the model that is changed
        std::string key, text, piece;
    };
    const std::vector<double> one = {0.5}, two = {0.3, 0.7};
    const Row rows[] = {
        {one, "dyce.variant", R"({"gate_threshold":-0.01})",
         "dyce.variant.gate_threshold: found number -0.01, expected a number of 0 to 1"},
        {one, "dyce.variant", R"({"gate_threshold":1.5})", "expected a number of 0 to 1"},
        {one, "dyce.variant", R"({"gate_threshold":1e300})", "expected a number of 0 to 1"},
        {one, "dyce.variant", R"({"gate_threshold":"0.3"})",
         "dyce.variant.gate_threshold: found string '0.3', expected a number"},
        {one, "dyce.variant", R"({"gate_threshold":null})", "expected a number"},
        {one, "dyce.variant", R"({"width":0.5})", "dyce.variant: unknown key 'width'"},
        {one, "dyce.variant", R"({"precision":"int8"})", "dyce.variant: unknown key 'precision'"},
        {one, "dyce.variant", "[]", "dyce.variant: found array, expected an object"},
        {one, "dyce.variant", "{", "dyce.variant: byte 1 (line 1): ends too early"},
        {one, "dyce.variant.0", "{}",
         "m.safetensors: dyce.variant.0: is about a member that is not there, the file holds 1"},
        {two, "dyce.variant.2", "{}",
         "m.safetensors: dyce.variant.2: is about a member that is not there, the file holds 2"},
        {two, "dyce.variant", "{}", "dyce.variant: is about a member that is not there, the file holds 2"},
        {two, "dyce.variants", "{}", "unknown metadata key 'dyce.variants'"},
        {two, "dyce.variant.1", R"({"gate_threshold":2})",
         "m.safetensors: dyce.variant.1.gate_threshold: found"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const TempFolder folder;
        const std::string path = folder / "m.safetensors";
        save_model(path, gated_model(row.taus));
        change_file(path, [&](auto& metadata) { metadata[row.key] = row.text; });
        check_refused([&] { load_model(path); }, ErrorCode::kContent, row.piece);
    }
    const TempFolder folder;
    save_model(folder / "m.safetensors", tiny_model());
    change_file(folder / "m.safetensors",
                [](auto& metadata) { metadata["dyce.variant"] = R"({"gate_threshold":0.3})"; });
    check_refused([&] { load_model(folder / "m.safetensors"); }, ErrorCode::kContent,
                  "dyce.variant.gate_threshold: found number 0.3, expected none: the member has no gates");
    check_throws([&] { save_model(folder / "n.safetensors", gated_model({1.5})); }, ErrorCode::kContent,
                 "expected a number of 0 to 1");
}

TEST_CASE("members over the same tensors: the file holds them once, and so does memory") {
    for (const bool narrow : {false, true})
        for (const bool sparse : {false, true}) {
            CAPTURE(narrow);
            CAPTURE(sparse);
            const TempFolder folder;
            ModelData single = gated_model({0.5}), three = gated_model({0.3, 0.5, 0});
            for (ModelData* model : {&single, &three})
                for (Member& member : model->members) {
                    if (narrow) member.storage = Precision::kBfloat16;
                    if (!sparse) continue;
                    Tensor& weights = *member.graph.values[1].constant;
                    REQUIRE(weights.elements() > 100);
                    std::memset(weights.mutable_bytes(), 0, weights.byte_size() / 2);
                    member.storages[member.graph.values[1].name] = {};
                }
            const auto alone = round_trip(folder, single, "single.safetensors");
            const auto model = round_trip(folder, three);
            const Safetensors one = Safetensors::open(folder / "single.safetensors"),
                              all = Safetensors::open(folder / "m.safetensors");
            CHECK(all.entries().size() == one.entries().size());
            for (const auto& [name, entry] : all.entries()) CHECK(name.starts_with("0/"));
            CHECK(model->members[1].digest == alone->digest);  // decoded the same
            for (std::size_t m : {1u, 2u}) {
                const auto &first = model->members[0].graph.values, &own = model->members[m].graph.values;
                REQUIRE(first.size() == own.size());
                for (std::size_t v = 0; v < own.size(); ++v)
                    if (own[v].constant) CHECK(own[v].constant->bytes() == first[v].constant->bytes());
            }
            // Whoever writes it again does so in the same way.
            CHECK(round_trip(folder, *model, "again.safetensors")->digest == model->digest);
            CHECK(read_file(folder / "again.safetensors") == read_file(folder / "m.safetensors"));
            ModelData last;
            last.members = {model->members[1]};
            save_model(folder / "extracted.safetensors", last);
            CHECK(read_file(folder / "extracted.safetensors") == read_file(folder / "single.safetensors"));
        }
}

TEST_CASE("members of which none has gates are written as they always were") {
    const TempFolder folder;
    ModelData twice;
    for (int i = 0; i < 2; ++i) twice.members.push_back(tiny_model().members[0]);
    save_model(folder / "m.safetensors", twice);
    const ModelParts parts(folder / "m.safetensors");
    CHECK(parts.metadata.count("dyce.tensors") == 0);
    CHECK(parts.tensors.size() == 6);
}

TEST_CASE("a model with and one without gates share what they have in common") {
    const TempFolder folder;
    ModelData both;
    const ExitNet plain = make_exit_net(4);
    both.members = {gated_member(0.5), gated_member(0.5)};
    both.members[0].graph = plain.graph;
    both.members[0].exits = plain.exits;
    const auto model = round_trip(folder, both);
    const auto alone = round_trip(folder, gated_model({0.5}), "alone.safetensors");
    CHECK(model->members[1].digest == alone->digest);
    const Safetensors all = Safetensors::open(folder / "m.safetensors");
    for (const auto& [name, entry] : all.entries())
        CHECK((name.starts_with("0/") || name.find("gate") != std::string::npos));
}

TEST_CASE("more members than a file may have are not written") {
    const TempFolder folder;
    check_throws([&] { save_model(folder / "m.safetensors", gated_model(std::vector<double>(17, 0.5))); },
                 ErrorCode::kResource, "17 members, the limit is 16");
}
