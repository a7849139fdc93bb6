// Files with a few bytes changed, cut or repeated: reading one gives a value or an Error, never anything
// worse, and never more memory than a refusal may take. The seeds are fixed; sanitizers see the rest.
#include "loaders/format/npy.h"
#include "loaders/npz/npz.h"
#include "tests/loaders/format/configuration_text.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/loaders/npz/zip_archive.h"
#include "tests/support/allocations.h"
#include "tests/support/support.h"

#include <dyce/configuration.h>

#include <cstring>
#include <random>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

std::string damaged(std::string bytes, std::mt19937& random) {
    const auto at = [&] { return random() % bytes.size(); };
    for (auto changes = 1 + random() % 3; changes > 0 && !bytes.empty(); --changes) switch (random() % 6) {
            case 0: bytes[at()] = static_cast<char>(random()); break;
            case 1: bytes[at()] ^= static_cast<char>(1 << random() % 8); break;
            case 2: bytes[at()] = "0-9,:[]{}\"\\e.x"[random() % 14]; break;
            case 3: bytes.erase(at(), 1 + random() % 16); break;
            case 4: bytes.insert(at(), bytes.substr(at(), 1 + random() % 16)); break;
            default: bytes.resize(at()); break;
        }
    return bytes;
}

template <class Read>
void check_damage(const std::string& path, Read read) {
    const std::string bytes = read_file(path);
    int accepted = 0, refused = 0;
    for (unsigned seed = 0; seed < 1000; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        write_file(path, damaged(bytes, random));
        const AllocationPeak peak;
        try {
            read(path);
            ++accepted;
        } catch (const Error& error) {
            CHECK(error.code() != ErrorCode::kInternal);
            CHECK(std::string(error.what()).find(path) == 0);
            ++refused;
        }
        CHECK(peak.bytes() <= kMaxRefusalBytes);
    }
    CHECK(refused > accepted);
}

}  // namespace

TEST_CASE("damage: model files") {
    TempFolder folder;
    ModelData model = tiny_model();
    save_model(folder / "m.safetensors", model);
    check_damage(folder / "m.safetensors", [](const std::string& path) { load_model(path); });
}

TEST_CASE("damage: model files with encoded tensors") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors", table = folder / "tensors.json";
    ModelData model = tiny_model();
    TensorStorage quarters;
    quarters.scale = Tensor::of({4}, {0.25f, 0.25f, 0.25f, 0.25f});
    model.members[0].storages = {{"conv1.weight", quarters}, {"conv2.weight", {}}};
    save_model(path, model);
    ModelParts parts(path);
    const Safetensors file = Safetensors::open(path);
    for (const auto& [name, entry] : file.entries()) {
        if (entry.element->dtype && entry.element->widen == nullptr) continue;
        Tensor bytes(DataType::kUint8, entry.shape);
        if (entry.element->safetensors == "I8")
            std::memcpy(bytes.mutable_bytes(), file.bytes(entry).data(), file.bytes(entry).size());
        parts.types[name] = std::string(entry.element->safetensors);
        if (entry.element->safetensors == "I8") parts.tensors[name] = bytes;
    }
    write_file(table, parts.metadata.at("dyce.tensors"));
    check_damage(table, [&](const std::string& damaged_path) {
        parts.metadata["dyce.tensors"] = read_file(damaged_path);
        try {
            parts.write(folder / "table.safetensors");
            load_model(folder / "table.safetensors");
        } catch (const Error& error) {
            throw Error(error.code(), damaged_path, error.what());
        }
    });
    check_damage(path, [](const std::string& damaged_path) { load_model(damaged_path); });
}

TEST_CASE("damage: graphs in an intact container") {
    TempFolder folder;
    const std::string path = folder / "graph.json";
    const std::string model = folder / "m.safetensors";
    save_model(model, tiny_model());
    ModelParts parts(model);
    write_file(path, parts.metadata.at("dyce.graph"));
    check_damage(path, [&](const std::string& damaged_path) {
        parts.metadata["dyce.graph"] = read_file(damaged_path);
        try {
            parts.write(model);
            load_model(model);
        } catch (const Error& error) {
            throw Error(error.code(), damaged_path, error.what());
        }
    });
}

TEST_CASE("damage: configuration sets") {
    TempFolder folder;
    write_file(folder / "s.json", small_set().dump());
    check_damage(folder / "s.json", [](const std::string& path) { ConfigurationSet::load(path); });
}

TEST_CASE("damage: arrays") {
    TempFolder folder;
    write_npy(folder / "a.npy", Tensor::of({2, 3}, {1, 2, 3, 4, 5, 6}));
    check_damage(folder / "a.npy", [](const std::string& path) { read_npy(path); });
}

TEST_CASE("damage: archives of arrays") {
    TempFolder folder;
    write_file(folder / "a.npz", zip({{}, {.name = "b.npy", .packed = deflated(kSmallNpy), .method = 8}}));
    check_damage(folder / "a.npz", [](const std::string& path) {
        const NpzReader reader(path);
        for (const std::string& name : reader.names()) reader.read(name);
    });
}
