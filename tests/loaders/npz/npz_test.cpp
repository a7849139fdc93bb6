// Covers npz_writer.
#include "loaders/npz/npz.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/npz/zip_archive.h"
#include "tests/support/support.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;
using namespace std::string_literals;

namespace {

std::string with(const std::function<void(ZipMember&)>& change) {
    ZipMember member;
    change(member);
    return zip({member});
}

// A zip64 end record that claims `members`, and its locator, for an archive whose directory ends at `at`.
std::string zip64_end(std::uint64_t members, std::uint64_t at) {
    return "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(members, 8) +
           little(members, 8) + little(0, 16) + "PK\6\7" + little(0, 4) + little(at, 8) + little(1, 4);
}

void read_all(const std::string& path, const NpzLimits& limits = {}) {
    const NpzReader reader(path, limits);
    for (const std::string& name : reader.names()) reader.read(name);
}

}  // namespace

TEST_CASE("npz: what is not a plain archive of arrays is refused") {
    const ErrorCode content = ErrorCode::kContent;
    const std::string good = zip({{}});
    // An encrypted member is longer by the 12 bytes in front of it (APPNOTE 6.1.3).
    const std::string encrypted = with([](ZipMember& m) {
        m.flags = 1;
        m.packed.insert(0, 12, '?');
    });
    const std::size_t directory_end = good.size() - 22;
    const RefusedFile rows[] = {
        {"empty", "", content, "x.npz: not a .npz file"},
        {"text", std::string(100, 'x'), content, "no zip end record"},
        {"no end record", good.substr(0, directory_end), content, "no zip end record"},
        {"cut end record", good.substr(0, good.size() - 1), content, "no zip end record"},
        {"trailing bytes", good + "x", content, "no zip end record"},
        {"cut front", good.substr(10), content, "damaged .npz archive"},
        {"lost local header", std::string(30, '\0') + good.substr(30), content, "damaged .npz archive"},
        {"one member too many", zip({{}}, "", 1), content, "damaged .npz archive"},
        {"one member too few", zip({{}, {.name = "b.npy"}}, "", -1), content, "damaged .npz archive"},
        {"checksum", with([](ZipMember& m) { m.crc ^= 1; }), content,
         "'a.npy': cannot be unpacked: CRC error"},
        {"encrypted", encrypted, content, "'a.npy': is encrypted"},
        {"method bzip2", with([](ZipMember& m) { m.method = 12; }), content, "compression method 12"},
        {"method unknown", with([](ZipMember& m) { m.method = 77; }), content, "compression method 77"},
        {"parent folder", with([](ZipMember& m) { m.name = "../a.npy"; }), content,
         "'../a.npy': expected NAME.npy"},
        {"absolute", with([](ZipMember& m) { m.name = "/a.npy"; }), content,
         "expected NAME.npy without a folder"},
        {"backslash", with([](ZipMember& m) { m.name = "..\\a.npy"; }), content, "expected NAME.npy without"},
        {"no name", with([](ZipMember& m) { m.name = ".npy"; }), content, "expected NAME.npy"},
        {"not an array", with([](ZipMember& m) { m.name = "a.txt"; }), content, "expected NAME.npy"},
        {"repeated member", zip({{}, {}}), content, "a member occurs twice"},
        {"bad array", with([](ZipMember& m) {
             m.packed[0] = 'x';
             m.crc = crc32(m.packed);
         }),
         content, "'a.npy': not a .npy file"},
        {"unpacks to more", with([](ZipMember& m) {
             m.method = 8;
             m.packed = deflated(kSmallNpy + kSmallNpy);
         }),
         content, "unpacks to more"},
        {"unpacks to fewer", with([](ZipMember& m) {
             m.method = 8;
             m.packed = deflated("ab");
             m.crc = crc32("ab");
         }),
         content, "unpacks to fewer"},
        {"not deflated", with([](ZipMember& m) {
             m.method = 8;
             m.packed = "\xff\xff\xff";
         }),
         content, "cannot be unpacked"},
        {"ratio bomb", with([](ZipMember& m) {
             m.method = 8;
             m.packed = "xx";
             m.size = 2 * 1100 + (1 << 20) + 1;
         }),
         ErrorCode::kResource, "unpacked bytes 1050777, the limit is 1050776"},
        {"zip64 claims members", zip({{}}, zip64_end(std::uint64_t{1} << 40, directory_end)),
         ErrorCode::kResource, "number of members 1099511627776, the limit is 64"},
        {"zip64 record elsewhere", zip({{}}, zip64_end(1, 3)), content, "zip64 end record is not where"},
        {"zip64 record past the end", zip({{}}, zip64_end(1, UINT64_MAX)), content, "zip64 end record"},
        {"directory of 65,535", zip({{}}, "", 65'534), ErrorCode::kResource, "number of members 65535"},
    };
    TempFolder folder;
    const std::string path = folder / "x.npz";
    for (const RefusedFile& row : rows) {
        CAPTURE(row.name);
        write_file(path, row.bytes);
        check_refused([&] { read_all(path); }, row.code, row.piece);
    }
}

TEST_CASE("npz: limits hold on both sides") {
    TempFolder folder;
    const std::string path = folder / "x.npz";
    std::vector<ZipMember> members;
    for (int i = 0; i < 64; ++i) members.push_back({.name = "m" + std::to_string(i) + ".npy"});
    write_file(path, zip(members));
    CHECK(NpzReader(path).names().size() == 64);
    const std::uint64_t unpacked = 64 * kSmallNpy.size();
    read_all(path, {.unpacked_bytes = unpacked});
    check_refused([&] { read_all(path, {.unpacked_bytes = unpacked - 1}); }, ErrorCode::kResource,
                  "unpacked bytes");
    const std::uint64_t size = std::filesystem::file_size(path);
    read_all(path, {.file_bytes = size});
    check_refused([&] { read_all(path, {.file_bytes = size - 1}); }, ErrorCode::kResource, "the limit is");
    members.push_back({.name = "m64.npy"});
    write_file(path, zip(members));
    check_refused([&] { read_all(path); }, ErrorCode::kResource, "number of members 65, the limit is 64");
    CHECK(NpzReader(path, {.members = 65}).names().size() == 65);
}

TEST_CASE("npz: members are read by name") {
    TempFolder folder;
    const std::string path = folder / "x.npz";
    write_file(path, zip({{}, {.name = "b.npy", .packed = deflated(kSmallNpy), .method = 8}}));
    const NpzReader reader(path);
    CHECK(reader.names() == std::vector<std::string>{"a", "b"});
    for (const char* name : {"a", "b"}) {
        const Tensor tensor = reader.read(name);
        CHECK(std::string(tensor.data<char>(), 4) == "abcd");
    }
    CHECK(!reader.contains("c"));
    check_refused([&] { reader.read("c"); }, ErrorCode::kContent, "x.npz: has no member 'c.npy'");
}

TEST_CASE("npz: what NumPy writes is read, even zeros deflated as far as deflate goes") {
    if (!have_python("numpy")) return;
    TempFolder folder;
    write_file(folder / "make.py",
               "import numpy as n\n"
               "a = n.arange(12, dtype=n.float32).reshape(3, 4)\n"
               "n.savez('stored.npz', a=a, names=n.array(['x', 'yz']))\n"
               "n.savez_compressed('deflated.npz', a=a, zeros=n.zeros(1 << 23, dtype=n.uint8))\n");
    REQUIRE(std::system(("cd " + folder.path().string() + " && /usr/bin/python3 make.py").c_str()) == 0);
    for (const char* name : {"stored.npz", "deflated.npz"}) {
        const NpzReader reader(folder / name);
        const Tensor a = reader.read("a");
        CHECK(a.shape() == Shape{3, 4});
        CHECK(a.data<float>()[11] == 11);
    }
    CHECK(NpzReader(folder / "deflated.npz").read("zeros").elements() == 1 << 23);
    check_refused([&] { NpzReader(folder / "stored.npz").read("names"); }, ErrorCode::kContent,
                  "dtype '<U2'");
}
