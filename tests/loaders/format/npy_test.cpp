#include "loaders/format/npy.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace dyce;
using namespace dyce::test;
using namespace std::string_literals;

namespace {

// A .npy file of version 1 with this header text.
std::string npy(const std::string& header, const std::string& data, char version = 1) {
    std::string bytes = "\x93NUMPY"s + version + '\0';
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(header.size() >> (8 * i));
    return bytes + header + data;
}

std::string header(const std::string& descr, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

Tensor parse(const std::string& bytes) {
    return read_npy(std::as_bytes(std::span(bytes.data(), bytes.size())), nullptr, "x.npy");
}

template <class T>
std::string raw(std::initializer_list<T> values) {
    return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
    return {tensor.data<T>(), tensor.data<T>() + tensor.elements()};
}

}  // namespace

TEST_CASE("npy: what is not a plain little-endian array is refused") {
    const ErrorCode content = ErrorCode::kContent;
    const std::string f4x2 = raw<float>({1, 2});
    const RefusedFile rows[] = {
        {"empty", "", content, "x.npy: not a .npy file"},
        {"bad magic", "\x93NUMPX" + npy(header("<f4", "(2,)"), f4x2).substr(6), content, "magic"},
        {"magic only", "\x93NUMPY", content, "ends inside"},
        {"version 4", npy(header("<f4", "(2,)"), f4x2, 4), content, "version 4, expected 1 to 3"},
        {"cut in the header", npy(header("<f4", "(2,)"), f4x2).substr(0, 30), content, "ends inside"},
        {"header of 4 GiB", "\x93NUMPY\2"s + '\0' + "\xff\xff\xff\xff" + "{}", ErrorCode::kResource,
         "header of 4294967295 bytes, the limit is 10000"},
        {"header one over the limit", npy(header("<f4", "(2,)") + std::string(10'001, ' '), f4x2, 2),
         ErrorCode::kResource, "the limit is 10000"},
        {"object dtype", npy(header("|O", "(2,)"), "xxxxxxxxxxxxxxxx"), content, "object arrays"},
        {"record dtype", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", f4x2),
         content, "structured"},
        {"big-endian", npy(header(">f4", "(2,)"), f4x2), content, "big-endian dtype '>f4'"},
        {"text dtype", npy(header("<U4", "(2,)"), ""), content, "dtype '<U4' is not supported"},
        {"empty dtype", npy(header("", "(2,)"), ""), content, "dtype '' is not supported"},
        {"complex dtype", npy(header("<c8", "(1,)"), f4x2), content, "dtype '<c8' is not supported"},
        {"uint64", npy(header("<u8", "(1,)"), f4x2), content, "U64 are not supported"},
        {"no byte order", npy(header("|f4", "(2,)"), f4x2), content, "dtype '|f4' is not supported"},
        {"bool of 2", npy(header("|b1", "(2,)"), "\1\2"), content, "a bool of value 2"},
        {"Fortran order", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", f4x2), content,
         "Fortran order"},
        {"fortran_order 0", npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }", f4x2), content,
         "expected 'False'"},
        {"no shape", npy("{'descr': '<f4', 'fortran_order': False}", f4x2), content, "must have the keys"},
        {"two shapes", npy(header("<f4", "(2,), 'shape': (2,)"), f4x2), content, "repeated key 'shape'"},
        {"unknown key", npy(header("<f4", "(2,), 'more': 1"), f4x2), content, "key 'more'"},
        {"no dictionary", npy("'descr'", f4x2), content, "expected '{'"},
        {"dictionary not closed", npy("{'descr': '<f4'", f4x2), content, "expected '}'"},
        {"text after it", npy(header("<f4", "(2,)") + "x", f4x2), content, "text after the dictionary"},
        {"unquoted key", npy("{descr: '<f4'}", f4x2), content, "expected a key in quotes"},
        {"quote not closed", npy("{'descr", f4x2), content, "expected a key in quotes"},
        {"negative dimension", npy(header("<f4", "(-2,)"), f4x2), content, "expected a dimension"},
        {"fractional dimension", npy(header("<f4", "(2.0,)"), f4x2), content, "expected ')'"},
        {"dimension of 2^63", npy(header("<f4", "(9223372036854775808,)"), f4x2), content,
         "expected a dimension"},
        {"shape overflow", npy(header("<f4", "(4294967296, 4294967296)"), f4x2), content, "overflows"},
        {"byte size overflow", npy(header("<f4", "(4611686018427387904,)"), f4x2), content, "overflows"},
        {"rank 9", npy(header("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), raw<float>({1})), content,
         "more than 8 dimensions"},
        {"short data", npy(header("<f4", "(3,)"), f4x2), content, "needs 12 bytes of data, found 8"},
        {"no data", npy(header("<f4", "(1,)"), ""), content, "found 0"},
        {"trailing bytes", npy(header("<f4", "(1,)"), f4x2), content, "needs 4 bytes of data, found 8"},
    };
    for (const RefusedFile& row : rows) {
        CAPTURE(row.name);
        check_refused([&] { parse(row.bytes); }, row.code, row.piece);
    }
}

TEST_CASE("npy: every supported dtype is read") {
    const auto read = [](const char* descr, const char* shape, const std::string& data) {
        return parse(npy(header(descr, shape), data));
    };
    CHECK(values<float>(read("<f4", "(2,)", raw<float>({1.5f, -2}))) == std::vector<float>{1.5f, -2});
    CHECK(values<float>(read("<f8", "(2,)", raw<double>({1.5, 1e300}))) ==
          std::vector<float>{1.5f, INFINITY});
    CHECK(values<std::int64_t>(read("<i8", "(1,)", raw<std::int64_t>({INT64_MIN}))) ==
          std::vector<std::int64_t>{INT64_MIN});
    CHECK(values<std::int32_t>(read("<i4", "(1,)", raw<std::int32_t>({-7}))) ==
          std::vector<std::int32_t>{-7});
    CHECK(values<std::int32_t>(read("<i2", "(1,)", raw<std::int16_t>({-7}))) ==
          std::vector<std::int32_t>{-7});
    CHECK(values<std::int32_t>(read("|i1", "(1,)", "\xff")) == std::vector<std::int32_t>{-1});
    CHECK(values<std::int32_t>(read("<u2", "(1,)", "\xff\xff")) == std::vector<std::int32_t>{65535});
    CHECK(values<std::int64_t>(read("<u4", "(1,)", "\xff\xff\xff\xff")) ==
          std::vector<std::int64_t>{4294967295});
    CHECK(values<std::uint8_t>(read("|u1", "(1,)", "\xff")) == std::vector<std::uint8_t>{255});
    CHECK(values<std::uint8_t>(read("|b1", "(2,)", "\0\1"s)) == std::vector<std::uint8_t>{0, 1});
    CHECK(read("<f4", "(2, 3)", std::string(24, '\0')).shape() == Shape{2, 3});
    CHECK(read("<f4", "()", std::string(4, '\0')).shape() == Shape{});
    CHECK(read("<f4", "(0, 3)", "").elements() == 0);
}

TEST_CASE("npy: float16 is widened exactly") {
    struct Row {
        std::uint16_t bits;
        float value;
    };
    // Values of the table in IEEE 754-2019, binary16.
    const Row rows[] = {{0x0001, 5.9604644775390625e-8f},
                        {0x03ff, 6.097555160522461e-5f},
                        {0x0400, 6.103515625e-5f},
                        {0x3555, 0.333251953125f},
                        {0x3c00, 1},
                        {0x3c01, 1.0009765625f},
                        {0x7bff, 65504},
                        {0x7c00, INFINITY},
                        {0xc000, -2},
                        {0xfc00, -INFINITY}};
    for (const Row& row : rows)
        CHECK(parse(npy(header("<f2", "()"), raw<std::uint16_t>({row.bits}))).data<float>()[0] == row.value);
    CHECK(std::signbit(parse(npy(header("<f2", "()"), raw<std::uint16_t>({0x8000}))).data<float>()[0]));
    CHECK(std::isnan(parse(npy(header("<f2", "()"), raw<std::uint16_t>({0x7e00}))).data<float>()[0]));
}

TEST_CASE("npy: a header of the limit is read, in any version and spelling") {
    const std::string text = R"({"shape":(2,),"fortran_order":False,"descr":"<f4"})";
    const std::string data = raw<float>({1, 2});
    for (char version : {'\1', '\2', '\3'}) {
        CAPTURE(int{version});
        CHECK(parse(npy(text, data, version)).shape() == Shape{2});
        CHECK(parse(npy(text + std::string(10'000 - text.size(), ' '), data, version)).shape() == Shape{2});
    }
}

TEST_CASE("npy: files that cannot be read") {
    TempFolder folder;
    check_refused([&] { read_npy(folder / "none.npy"); }, ErrorCode::kIo, "none.npy: cannot open");
    check_refused([&] { read_npy(folder.path().string()); }, ErrorCode::kIo, "not a regular file");
    write_npy(folder / "a.npy", Tensor::of({2}, {1, 2}));
    CHECK(read_npy(folder / "a.npy", 136).elements() == 2);
    check_refused([&] { read_npy(folder / "a.npy", 135); }, ErrorCode::kResource, "the limit is 135");
    check_refused([&] { write_npy(folder / "none/a.npy", Tensor::of({1}, {1})); }, ErrorCode::kIo,
                  "cannot create");
}

TEST_CASE("npy: written arrays are read back, as views of the file") {
    TempFolder folder;
    const std::string path = folder / "a.npy";
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{0, 4}, Shape{1, 1, 1, 1, 1, 1, 1, 2}})
        for (DataType dtype :
             {DataType::kFloat32, DataType::kInt64, DataType::kInt32, DataType::kUint8, DataType::kBool}) {
            Tensor tensor(dtype, shape);
            auto* bytes = static_cast<unsigned char*>(tensor.mutable_bytes());
            for (std::size_t i = 0; i < tensor.byte_size(); ++i) bytes[i] = i % 3 == 0 ? 1 : 0;
            write_npy(path, tensor);
            const Tensor back = read_npy(path);
            CHECK(back.type() == tensor.type());
            CHECK(std::string(static_cast<const char*>(back.bytes()), back.byte_size()) ==
                  std::string(static_cast<const char*>(tensor.bytes()), tensor.byte_size()));
            CHECK(reinterpret_cast<std::uintptr_t>(back.bytes()) % 64 == 0);
        }
}

TEST_CASE("npy: NumPy reads what is written, and writes what is read") {
    if (!have_python("numpy")) return;
    TempFolder folder;
    write_npy(folder / "a.npy", Tensor::of({2, 3}, {0, 1, 2, 3, 4, 5.5f}));
    write_npy(folder / "scalar.npy", Tensor::of({}, {7}));
    write_file(folder / "check.py",
               "import numpy as n\n"
               "a = n.load('a.npy'); assert a.dtype == n.float32 and a.tolist() == [[0, 1, 2], [3, 4, 5.5]]\n"
               "assert n.load('scalar.npy') == 7 and n.load('scalar.npy').shape == ()\n"
               "n.save('b.npy', n.arange(6, dtype=n.int64).reshape(1, 6))\n"
               "n.save('half.npy', n.array([[0.1], [-3]], dtype=n.float16))\n");
    REQUIRE(std::system(("cd " + folder.path().string() + " && /usr/bin/python3 check.py").c_str()) == 0);
    const Tensor b = read_npy(folder / "b.npy");
    CHECK(b.shape() == Shape{1, 6});
    CHECK(values<std::int64_t>(b) == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
    CHECK(values<float>(read_npy(folder / "half.npy")) == std::vector<float>{0.0999755859375f, -3});
}
