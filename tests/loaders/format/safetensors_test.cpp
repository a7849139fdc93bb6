// Covers safetensors_writer.
#include "loaders/format/safetensors.h"
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace dyce;
using namespace dyce::test;
using namespace std::string_literals;

namespace {

const std::string kMetadata = R"("__metadata__":{"k":"v"})";
const std::string kTensor = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";

// A file with one tensor `a` described by `entry`, and 8 bytes of data.
std::string one(const std::string& entry) {
    return container("{\"a\":{" + entry + "}}", std::string(8, '\0'));
}

std::string typed(const std::string& dtype, const std::string& shape, const std::string& offsets = "[0,8]") {
    return one("\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets);
}

// Two byte tensors at these offsets in front of 8 bytes of data.
std::string two(int begin_a, int end_a, int begin_b, int end_b) {
    const auto entry = [](const std::string& name, int begin, int end) {
        return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
               R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    };
    return container("{" + entry("a", begin_a, end_a) + "," + entry("b", begin_b, end_b) + "}", "01234567");
}

// `count` empty tensors.
std::string many(int count) {
    std::string header = "{";
    for (int i = 0; i < count; ++i)
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
                  R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    return container(header + "}");
}

std::string many_metadata(int count) {
    std::string header = "{\"__metadata__\":{";
    for (int i = 0; i < count; ++i) header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"\"";
    return container(header + "}}");
}

std::string named(const std::string& name) {
    return container("{\"" + name + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})");
}

}  // namespace

TEST_CASE("safetensors: every kind of wrong container is refused") {
    const ErrorCode content = ErrorCode::kContent;
    const ErrorCode resource = ErrorCode::kResource;
    const std::string good = container("{" + kTensor + "}", std::string(8, '\0'));
    const RefusedFile rows[] = {
        {"empty", "", content, "x.safetensors: is empty"},
        {"7 bytes", "1234567", content, "has only 7 bytes"},
        {"8 bytes", little(2, 8), content, "has only 8 bytes"},
        {"length 0", little(0, 8) + "{}", content, "header length 0, expected 1 to the 2 bytes that follow"},
        {"length over the file", little(3, 8) + "{}", content, "header length 3, expected 1 to the 2"},
        {"length 2^63", little(std::uint64_t{1} << 63, 8) + "{}", content,
         "header length 9223372036854775808"},
        {"length 2^64-1", little(UINT64_MAX, 8) + "{}", content, "header length 18446744073709551615"},
        {"length over the cap", container("{}" + std::string((16 << 20) - 1, ' ')), resource,
         "header of 16777217 bytes, the limit is 16777216"},
        {"no brace", container("[]"), content, "the header starts with '[', expected '{'"},
        {"space before the brace", container(" {}"), content, "the header starts with ' '"},
        {"bad UTF-8", container("{\"\xff\":1}"), content,
         "x.safetensors: header: byte 2 (line 1): is not valid UTF-8"},
        {"cut JSON", container("{" + kTensor), content, "header: byte 53 (line 1): ends too early"},
        {"text after the object", container("{}x"), content, "more text after the value"},
        {"depth 10,000", container(repeat("{\"a\":", 10'000)), content, "tensor 'a'"},
        {"depth 10,000 in metadata", container("{\"__metadata__\":{\"a\":" + repeat("[", 10'000)), content,
         "found array, expected string"},
        {"duplicate tensor", container("{" + kTensor + "," + kTensor + "}", std::string(8, '\0')), content,
         "the key 'a' occurs twice"},
        {"duplicate tensor, escaped", container("{" + kTensor + R"(,"\u0061":{}})", std::string(8, '\0')),
         content, "the key 'a' occurs twice"},
        {"duplicate metadata", container("{" + kMetadata + "," + kMetadata + "}"), content,
         "the key '__metadata__' occurs twice"},
        {"duplicate metadata key", container(R"({"__metadata__":{"k":"1","k":"2"}})"), content,
         "the key 'k' occurs twice"},
        {"metadata number", container(R"({"__metadata__":{"k":1}})"), content,
         "found number, expected string"},
        {"metadata string", container(R"({"__metadata__":"k"})"), content, "found string, expected object"},
        {"tensor is a list", container(R"({"a":[]})"), content,
         "tensor 'a': byte 5 (line 1): found array, expected object"},
        {"unknown dtype", typed("\"F33\"", "[2]"), content,
         "tensor 'a': byte 19 (line 1): unknown dtype 'F33'"},
        {"lower-case dtype", typed("\"f32\"", "[2]"), content, "unknown dtype 'f32'"},
        {"dtype number", typed("32", "[2]"), content, "found number, expected string"},
        {"negative dim", typed("\"F32\"", "[-2]"), content, "shape: negative dimension -2"},
        {"fractional dim", typed("\"F32\"", "[2.0]"), content, "found a number with a fraction"},
        {"string dim", typed("\"F32\"", "[\"2\"]"), content,
         "tensor 'a': byte 29 (line 1): found string, expected number"},
        {"dim 2^63", typed("\"F32\"", "[9223372036854775808]"), content,
         "out of the range of 64-bit integers"},
        {"shape number", typed("\"F32\"", "2"), content, "found number, expected array"},
        {"product overflow", typed("\"U8\"", "[4294967296,4294967296]"), content,
         "shape 4294967296x4294967296 overflows"},
        {"size overflow", typed("\"F32\"", "[4611686018427387904]"), content, "overflows"},
        {"rank 9", typed("\"F32\"", "[1,1,1,1,1,1,1,1,2]"), resource,
         "shape: more dimensions, the limit is 8"},
        {"begin over end", typed("\"F32\"", "[2]", "[8,0]"), content,
         "expected [begin, end] with 0 <= begin <= end"},
        {"negative begin", typed("\"F32\"", "[2]", "[-8,0]"), content, "expected [begin, end]"},
        {"one offset", typed("\"F32\"", "[2]", "[8]"), content, "expected [begin, end]"},
        {"three offsets", typed("\"F32\"", "[2]", "[0,8,8]"), content, "expected 2 integers, found more"},
        {"fractional offset", typed("\"F32\"", "[2]", "[0,8.0]"), content, "found a number with a fraction"},
        {"end past the data", typed("\"F32\"", "[4]", "[0,16]"), content,
         "tensor 'a': data_offsets end at 16, the file has only 8 bytes of data"},
        {"end near 2^63", typed("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]"), content,
         "has only 8 bytes"},
        {"size vs shape", typed("\"F32\"", "[3]"), content,
         "F32 of shape 3 needs 12 bytes, data_offsets give 8"},
        {"size vs dtype", typed("\"F64\"", "[2]"), content, "F64 of shape 2 needs 16 bytes"},
        {"hole at the start", two(1, 4, 4, 8), content,
         "tensor 'a': data_offsets begin at 1, expected 0: a hole"},
        {"hole", two(0, 3, 4, 8), content,
         "tensor 'b': data_offsets begin at 4, expected 3: a hole or an overlap"},
        {"overlap", two(0, 5, 4, 8), content, "data_offsets begin at 4, expected 5"},
        {"the same place twice", two(0, 8, 0, 8), content, "begin at 0, expected 8"},
        {"trailing bytes", good + "x", content, "x.safetensors: 1 bytes after the last tensor"},
        {"data without tensors", container("{}", "x"), content, "1 bytes after the last tensor"},
        {"cut data", good.substr(0, good.size() - 1), content, "the file has only 7 bytes of data"},
        {"no dtype", one(R"("shape":[2],"data_offsets":[0,8])"), content, "a key is missing"},
        {"no shape", one(R"("dtype":"F32","data_offsets":[0,8])"), content, "a key is missing"},
        {"no offsets", one(R"("dtype":"F32","shape":[2])"), content, "a key is missing"},
        {"unknown key", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1)"), content,
         "unknown key 'x'"},
        {"65,537 tensors", many(65'537), resource, "x.safetensors: more tensors, the limit is 65536"},
        {"65,537 metadata keys", many_metadata(65'537), resource, "more metadata keys, the limit is 65536"},
        {"1,000,000 tensors", many(1'000'000), resource, "header of"},
        {"name of 513 bytes", named(std::string(513, 'n')), resource, "name of 513 bytes, the limit is 512"},
        {"name of 1 MiB", named(std::string(1 << 20, 'n')), resource,
         "name of 1048576 bytes, the limit is 512"},
        {"no name", named(""), content, "expected a name of printable UTF-8"},
        {"control character in a name", named("a\\u001b"), content,
         "tensor 'a\\x1b': expected a name of printable"},
        {"string of 16 MiB", container("{\"" + std::string((16 << 20) - 2, 'n')), content,
         "a string is not closed"},
        {"Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
         content, "is a Git LFS pointer, not the file itself; fetch it with: git lfs pull"},
    };
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    for (const RefusedFile& row : rows) {
        CAPTURE(row.name);
        write_file(path, row.bytes);
        check_refused([&] { Safetensors::open(path); }, row.code, row.piece);
    }
}

TEST_CASE("safetensors: pickle files are refused with the two lines that re-save them") {
    TempFolder folder;
    const std::string path = folder / "net.pth";
    // How PyTorch's files begin: a zip since 1.6, a bare pickle before.
    for (const std::string& start : {"PK\3\4"s, "\x80\2\x8a\nl\xfc\x9c"s, "\x80\4\x95"s}) {
        write_file(path, start + std::string(64, '\0'));
        check_refused([&] { Safetensors::open(path); }, ErrorCode::kContent,
                      "net.pth: is a PyTorch (pickle) file, not safetensors; re-save it with these two lines "
                      "of Python:\n"
                      "import torch, safetensors.torch\n"
                      "safetensors.torch.save_file({k: v.contiguous() for k, v in torch.load(\"" +
                          path + "\"");
        check_refused([&] { Safetensors::open(path); }, ErrorCode::kContent, "net.safetensors\")");
    }
}

TEST_CASE("safetensors: only regular files are opened") {
    TempFolder folder;
    REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    check_refused([&] { Safetensors::open(folder.path().string()); }, ErrorCode::kIo, "not a regular file");
    check_refused([&] { Safetensors::open(folder / "fifo"); }, ErrorCode::kIo, "not a regular file");
    check_refused([&] { Safetensors::open("/dev/zero"); }, ErrorCode::kIo, "/dev/zero: not a regular file");
    check_refused([&] { Safetensors::open(folder / "none"); }, ErrorCode::kIo, "cannot open");
}

TEST_CASE("safetensors: every limit is met from below and raisable from above") {
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    write_file(path, container("{}" + std::string((16 << 20) - 2, ' ')));
    CHECK(Safetensors::open(path).entries().empty());
    write_file(path, container("{}" + std::string((16 << 20) - 1, ' ')));
    CHECK(Safetensors::open(path, {.header_bytes = (16 << 20) + 1}).entries().empty());

    write_file(path, many(65'536));
    CHECK(Safetensors::open(path).entries().size() == 65'536);
    write_file(path, many(65'537));
    CHECK(Safetensors::open(path, {.tensors = 65'537}).entries().size() == 65'537);

    write_file(path, many_metadata(65'536));
    CHECK(Safetensors::open(path).metadata().size() == 65'536);
    write_file(path, many_metadata(65'537));
    CHECK(Safetensors::open(path, {.metadata_keys = 65'537}).metadata().size() == 65'537);

    write_file(path, named(std::string(512, 'n')));
    CHECK(Safetensors::open(path).entries().size() == 1);
    write_file(path, named(std::string(513, 'n')));
    CHECK(Safetensors::open(path, {.name_bytes = 513}).entries().size() == 1);

    write_file(path, typed("\"F32\"", "[1,1,1,1,1,1,1,2]"));
    CHECK(Safetensors::open(path).tensor("a").shape().rank() == 8);
    const std::uint64_t size = std::filesystem::file_size(path);
    CHECK(Safetensors::open(path, {.file_bytes = size}).entries().size() == 1);
    check_refused([&] { Safetensors::open(path, {.file_bytes = size - 1}); }, ErrorCode::kResource,
                  "the limit is");
}

TEST_CASE("safetensors: legal files of other writers are read") {
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    const float values[] = {1.5f, -2};
    const std::string data(reinterpret_cast<const char*>(values), sizeof values);

    // Spaces, keys in any order, tensors in any order, empty tensors anywhere, data off its alignment.
    const std::string header = R"({ "b" : {"data_offsets":[1,9],"shape":[2,1],"dtype":"F32"} ,
        "a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}, "e":{"dtype":"I64","shape":[3,0],"data_offsets":[9,9]},
        "f":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}, "__metadata__":{}} )";
    for (int pad = 0; pad < 8; ++pad) {
        CAPTURE(pad);
        write_file(path, container(header + std::string(static_cast<std::size_t>(pad), ' '), "\1" + data));
        const Safetensors file = Safetensors::open(path);
        const Tensor b = file.tensor("b");
        CHECK(b.shape() == Shape{2, 1});
        CHECK(reinterpret_cast<std::uintptr_t>(b.bytes()) % 4 == 0);
        CHECK(b.data<float>()[0] == 1.5f);
        CHECK(b.data<float>()[1] == -2);
        CHECK(file.tensor("a").data<std::uint8_t>()[0] == 1);
        CHECK(file.tensor("e").elements() == 0);
    }
    check_refused([&] { Safetensors::open(path).tensor("c"); }, ErrorCode::kContent, "has no tensor 'c'");
}

TEST_CASE("safetensors: types without a counterpart are known, widened or refused when asked for") {
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    const auto read = [&](const std::string& dtype, const std::string& data) {
        write_file(path, container(R"({"a":{"dtype":")" + dtype + R"(","shape":[],"data_offsets":[0,)" +
                                       std::to_string(data.size()) + "]}}",
                                   data));
        return Safetensors::open(path).tensor("a");
    };
    CHECK(read("BF16", "\x80\xbf").data<float>()[0] == -1);
    CHECK(read("BF16", "\x49\x40").data<float>()[0] == 3.140625f);
    CHECK(read("F16", little(0x3555, 2)).data<float>()[0] == 0.333251953125f);
    CHECK(read("F64", little(0x4000000000000000, 8)).data<float>()[0] == 2);
    CHECK(read("I16", "\xff\xff").data<std::int32_t>()[0] == -1);
    CHECK(read("I8", "\xff").data<std::int32_t>()[0] == -1);
    CHECK(read("U16", "\xff\xff").data<std::int32_t>()[0] == 65535);
    CHECK(read("U32", "\xff\xff\xff\xff").data<std::int64_t>()[0] == 4294967295);
    CHECK(read("I64", little(7, 8)).data<std::int64_t>()[0] == 7);
    CHECK(read("I32", little(7, 4)).data<std::int32_t>()[0] == 7);
    CHECK(read("U8", "\xff").data<std::uint8_t>()[0] == 255);
    check_refused([&] { read("U64", little(7, 8)); }, ErrorCode::kContent,
                  "tensor 'a': values of type U64 are not");
    check_refused([&] { read("F8_E4M3", "x"); }, ErrorCode::kContent,
                  "values of type F8_E4M3 are not supported");
    check_refused([&] { read("F8_E5M2", "x"); }, ErrorCode::kContent,
                  "values of type F8_E5M2 are not supported");
    check_refused([&] { read("BOOL", "\2"); }, ErrorCode::kContent, "tensor 'a': a bool of value 2");
}

TEST_CASE("safetensors: written files are aligned, ordered, the same each time, and read back as views") {
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    std::map<std::string, Tensor> tensors;
    tensors["z"] = Tensor(DataType::kFloat32, {4, 16});
    tensors["odd"] = Tensor(DataType::kUint8, {3});
    tensors["\xC3\xA9"] = Tensor::of({3}, {1, 2, 3});
    tensors["long"] = Tensor::of_ints({7});
    tensors["scalar"] = Tensor(DataType::kInt32, {});
    tensors["flag"] = Tensor(DataType::kBool, {1});
    tensors["none"] = Tensor(DataType::kFloat32, {0, 2});
    tensors["z"].mutable_data<float>()[63] = 5;
    const std::map<std::string, std::string> metadata = {{"b", "\"quoted\"\n"}, {"a", ""}};
    write_safetensors(path, metadata, tensors);
    const std::string bytes = read_file(path);
    CHECK(
        bytes.substr(8).find(
            R"({"__metadata__":{"a":"","b":"\"quoted\"\n"},"none":{"data_offsets":[0,0],"dtype":"F32","shape":[0,2]},)"
            R"("z":{"data_offsets":[0,256],"dtype":"F32","shape":[4,16]},"long":{"data_offsets":[256,264])") ==
        0);

    const Safetensors file = Safetensors::open(path);
    CHECK(file.metadata() == metadata);
    CHECK(file.entries().size() == tensors.size());
    for (const auto& entry : tensors) {
        const std::string& name = entry.first;
        const Tensor& tensor = entry.second;
        CAPTURE(name);
        const Tensor back = file.tensor(name);
        CHECK(back.type() == tensor.type());
        CHECK(std::string(static_cast<const char*>(back.bytes()), back.byte_size()) ==
              std::string(static_cast<const char*>(tensor.bytes()), tensor.byte_size()));
        CHECK(back.bytes() == file.bytes(file.entries().at(name)).data());
    }
    CHECK(reinterpret_cast<std::uintptr_t>(file.tensor("z").bytes()) % 64 == 0);

    write_safetensors(folder / "y.safetensors", file.metadata(), tensors);
    CHECK(read_file(folder / "y.safetensors") == bytes);
}

TEST_CASE("safetensors: what the reader refuses is not written, and the old file survives") {
    TempFolder folder;
    const std::string path = folder / "x.safetensors";
    write_safetensors(path, {{"old", ""}}, {});
    const Tensor tensor = Tensor::of({1}, {1});
    check_refused(
        [&] {
            write_safetensors(path, {}, {{"a\n", tensor}});
        },
        ErrorCode::kContent, "tensor 'a\\x0a'");
    check_refused(
        [&] {
            write_safetensors(path, {}, {{std::string(513, 'n'), tensor}});
        },
        ErrorCode::kResource, "name of 513 bytes");
    check_refused(
        [&] {
            write_safetensors(path, {{"k", "\xff"}}, {});
        },
        ErrorCode::kContent, "not valid UTF-8");
    CHECK_THROWS_AS(write_safetensors(path, {{"k", std::string(16 << 20, 'x')}}, {}), Error);
    CHECK(Safetensors::open(path).metadata().count("old") == 1);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
