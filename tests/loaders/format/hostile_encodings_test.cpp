// Model files whose encoded tensors are wrong.
#include "tests/loaders/format/encoded_file.h"
#include "tests/loaders/format/refusal.h"
#include "tests/support/support.h"

#include <cmath>
#include <functional>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

using Change = std::function<void(EncodedFile&)>;

void check_encoding_refused(const Change& change, ErrorCode code, const std::string& piece) {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors";
    EncodedFile file(path);
    file.encode_by_mask();
    change(file);
    file.parts.write(path);
    check_refused([&] { load_model(path); }, code, piece);
}

// Changes the entry of conv1.weight.
Change entry(const std::string& key, const Json& value) {
    return [=](EncodedFile& file) {
        Json table = parse_json(file.parts.metadata.at("dyce.tensors"), "dyce.tensors");
        if (value.is_null())
            table[kEncoded].erase(key);
        else
            table[kEncoded][key] = value;
        file.parts.metadata["dyce.tensors"] = table.dump();
    };
}

Change table(const std::string& text) {
    return [=](EncodedFile& file) { file.parts.metadata["dyce.tensors"] = text; };
}

Change tensor(const std::string& name, const Tensor& value, const std::string& type = "") {
    return [=](EncodedFile& file) {
        file.parts.types.erase(name);
        file.add(name, value, type);
    };
}

Change both(const Change& a, const Change& b) {
    return [=](EncodedFile& file) {
        a(file);
        b(file);
    };
}

Tensor ones(const Shape& shape) {
    Tensor result(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < result.elements(); ++i) result.mutable_data<float>()[i] = 1;
    return result;
}

Change instead(const Json& encoding) {
    return [=](EncodedFile& file) {
        file.parts.metadata.erase("dyce.tensors");
        for (const char* part : {"m", "v", "s"}) file.parts.tensors.erase(part);
        file.parts.types.clear();
        file.encode(kEncoded, encoding);
    };
}

}  // namespace

TEST_CASE("hostile model: encoded tensors") {
    struct Row {
        std::string name;
        Change change;
        std::string piece;
    };
    const std::string where = "m.safetensors: dyce.tensors: tensor 'conv1.weight'";
    const Json slice = {{"as", "slice"}, {"of", "w"}, {"shape", {4, 3, 3, 3}}};
    const Json codes = {{"as", "codebook"}, {"codes", "c"}, {"book", "b"}};
    const Row rows[] = {
        {"no JSON", table("{"), "m.safetensors: dyce.tensors: byte 1"},
        {"a list", table("[]"), "dyce.tensors: byte 0 (line 1): found array, expected object"},
        {"an entry is no object", table(R"({"conv1.weight":1})"), where + ": found number 1, expected an object"},
        {"an entry twice", table(R"({"conv1.weight":{"as":"same","of":"a"},"conv1.weight":{}})"), "conv1.weight"},
        {"no as", entry("as", nullptr), where + ": 'as' is missing"},
        {"unknown as", entry("as", "zip"), where + ".as: found string 'zip', expected same, slice, mask, gaps or"},
        {"no values", entry("values", nullptr), where + ": 'values' is missing"},
        {"no mask", entry("mask", nullptr), where + ": 'mask' is missing"},
        {"no shape", entry("shape", nullptr), where + ": 'shape' is missing"},
        {"unknown member", entry("zero", 3), where + ": unknown key 'zero'"},
        {"of another encoding", entry("of", "v"), where + ": unknown key 'of'"},
        {"rank 0", entry("shape", Json::array()), where + ".shape: found array, expected 1 to 8 dimensions"},
        {"rank 9", entry("shape", {4, 3, 3, 3, 1, 1, 1, 1, 1}), where + ".shape: found array, expected at most 8"},
        {"dimension 0", entry("shape", {4, 0, 3, 3}), where + ".shape[1]: found number 0, expected"},
        {"negative dimension", entry("shape", {4, -3, 3, 3}), where + ".shape[1]: found number -3"},
        {"size overflows", entry("shape", {1LL << 62, 4}), where + ".shape: found array, expected a size that can"},
        {"another shape", entry("shape", {4, 27}), "dyce.graph: conv1: weights are 4x27"},
        {"no such values", entry("values", "none"), where + ": names 'none', which is no stored tensor of the file"},
        {"no such mask", entry("mask", "none"), where + ": names 'none', which is no stored tensor of the file"},
        {"no such scale", entry("scale", "none"), where + ": names 'none', which is no stored tensor of the file"},
        {"values of integers without scale", both(entry("scale", nullptr), [](EncodedFile& file) {
             file.parts.tensors.erase("s");
         }), where + ": has integers and no scale, expected one number a row"},
        {"stored plainly, too", tensor(kEncoded, ones({4, 3, 3, 3})),
         where + ": is stored as a tensor of this name, too"},
        {"mask too short", tensor("m", bytes_tensor(std::vector<std::uint8_t>(13))),
         where + ": 'm' has 13 numbers left, expected 14"},
        {"mask too long", tensor("m", bytes_tensor(std::vector<std::uint8_t>(15))), "bytes that no tensor takes"},
        {"mask of float32", tensor("m", ones({14})), where + ": 'm' holds F32, expected U8"},
        {"a bit too many", [](EncodedFile& file) {
             file.mask[0] |= 4;  // number 2 is a zero
             file.add("m", bytes_tensor(file.mask));
         }, where + ": 'v' has 92 numbers left, expected 93"},
        {"a bit too few", [](EncodedFile& file) {
             file.mask[0] &= 0xfe;
             file.add("m", bytes_tensor(file.mask));
         }, "dyce.tensors: 'v' has 1 bytes that no tensor takes"},
        {"bits behind the end", [](EncodedFile& file) {
             file.mask.back() |= 0x10;
             file.add("m", bytes_tensor(file.mask));
         }, where + ": the mask has bits behind the last of 108 numbers"},
        {"values of another type", tensor("v", Tensor::of_ints({1})), where + ": 'v' holds I64, expected F32 or BF16"},
        {"values NaN", [](EncodedFile& file) {
             file.values[5] = NAN;
             file.parts.types.erase("v");
             file.add("v", floats_tensor(file.values));
         }, "tensor 'conv1.weight': holds an infinity or a NaN"},
        {"scale 0", tensor("s", floats_tensor({0.25f, 0, 0.25f, 0.25f})), where + ": the scale of row 1 is 0.0"},
        {"scale negative", tensor("s", floats_tensor({-1, 1, 1, 1})), where + ": the scale of row 0 is -1.0"},
        {"scale NaN", tensor("s", floats_tensor({1, 1, NAN, 1})), where + ": the scale of row 2 is"},
        {"scale infinite", tensor("s", floats_tensor({1, 1, 1, INFINITY})), where + ": the scale of row 3 is inf"},
        {"scales too few", tensor("s", floats_tensor({1, 1, 1})), where + ": 's' has 3 numbers left, expected 4"},
        {"scales too many", tensor("s", ones({5})), "dyce.tensors: 's' has 4 bytes that no tensor takes"},
        {"scale of integers", tensor("s", Tensor::of_ints({1, 1, 1, 1})), where + ": 's' holds I64, expected F32"},
        {"an encoded tensor that nothing reads", [](EncodedFile& file) {
             file.encode("more", {{"as", "same"}, {"of", kEncoded}});
         }, "no node reads the tensor 'more'"},
        {"the same as itself", instead({{"as", "same"}, {"of", kEncoded}}),
         where + ": is the same as 'conv1.weight', which is the same as another"},
        {"a cycle", both(instead({{"as", "same"}, {"of", "twin"}}), [](EncodedFile& file) {
             file.encode("twin", {{"as", "same"}, {"of", kEncoded}});
         }), "which is the same as another, expected a tensor with numbers"},
        {"the same as nothing", instead({{"as", "same"}, {"of", "none"}}),
         where + ": names 'none', which the file does not hold"},
        {"the same as a part", [](EncodedFile& file) {
             file.encode("twin", {{"as", "same"}, {"of", "v"}});
         }, "tensor 'twin': is the same as 'v', which is a part of encoded tensors"},
        {"slice larger than its source", both(instead(slice), tensor("w", ones({4, 3, 3, 2}))),
         where + ": has shape 4x3x3x3, expected no more than the 4x3x3x2 of 'w'"},
        {"slice of another rank", both(instead(slice), tensor("w", ones({108}))),
         where + ": has shape 4x3x3x3, expected no more than the 108 of 'w'"},
        {"slice of a slice", both(instead(slice), [](EncodedFile& file) {
             file.add("x", ones({4, 3, 3, 3}));
             file.encode("w", {{"as", "slice"}, {"of", "x"}, {"shape", {4, 3, 3, 3}}});
         }), where + ": names 'w', which is no stored tensor of the file"},
        {"slice of itself", instead({{"as", "slice"}, {"of", kEncoded}, {"shape", {4, 3, 3, 3}}}),
         where + ": names 'conv1.weight', which is no stored tensor of the file"},
        {"slice of int64", both(instead(slice), tensor("w", Tensor::of_ints({1}))),
         where + ": 'w' holds I64, expected F32, BF16 or I8"},
        {"code beyond the book", both(instead(codes), both(tensor("c", bytes_tensor(std::vector<std::uint8_t>{0, 2})),
                                                           tensor("b", ones({2})))),
         where + ": code 2, expected one below the 2 of the book"},
        {"book of 257", both(instead(codes), both(tensor("c", bytes_tensor(std::vector<std::uint8_t>{0})),
                                                  tensor("b", ones({257})))),
         where + ": the book 'b' is F32 of shape 257, expected 1 to 256 numbers of F32"},
        {"book of bytes", both(instead(codes), both(tensor("c", bytes_tensor(std::vector<std::uint8_t>{0})),
                                                    tensor("b", bytes_tensor(std::vector<std::uint8_t>{0})))),
         where + ": the book 'b' is U8"},
        {"codes of float32", both(instead(codes), both(tensor("c", ones({108})), tensor("b", ones({2})))),
         where + ": the codes 'c' are F32"},
        {"runs past the end", both(instead({{"as", "gaps"}, {"values", "v"}, {"gaps", "g"}, {"shape", {4, 3, 3, 3}}}),
                                   both(tensor("v", ones({1})), tensor("g", bytes_tensor(std::vector<std::uint8_t>{109})))),
         where + ": the runs of 'g' do not end with the last of 108 numbers"},
        {"runs end early", both(instead({{"as", "gaps"}, {"values", "v"}, {"gaps", "g"}, {"shape", {4, 3, 3, 3}}}),
                                both(tensor("v", ones({1})), tensor("g", bytes_tensor(std::vector<std::uint8_t>{50})))),
         where + ": the runs of 'g' do not end with the last of 108 numbers"},
        {"runs without values", both(instead({{"as", "gaps"}, {"values", "v"}, {"gaps", "g"}, {"shape", {4, 3, 3, 3}}}),
                                     both(tensor("v", ones({1})), tensor("g", bytes_tensor(std::vector<std::uint8_t>{5, 5, 96})))),
         where + ": 'v' has 1 numbers left, expected 2"},
        {"a changed number", [](EncodedFile& file) {
             ++file.integers[7];
             file.add("v", bytes_tensor(file.integers), "I8");
         }, "it was changed or damaged"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        check_encoding_refused(row.change, ErrorCode::kContent, row.piece);
    }
}

TEST_CASE("hostile model: encoded tensors beyond the limits") {
    std::string many = "{";
    for (int i = 0; i < 1'000'000; ++i)
        many += (i == 0 ? "" : ",") + ("\"" + std::to_string(i)) + R"(":{"as":"same","of":"a"})";
    // The header as a whole is refused first where it is longer than 16 MiB.
    check_encoding_refused(table(many.substr(0, 6'000'000) + "}"), ErrorCode::kResource,
                           "encoded tensors, the limit is 65536");
    check_encoding_refused(entry("shape", {1LL << 40}), ErrorCode::kResource, "64 times the file");
    check_encoding_refused(entry("shape", {1LL << 20}), ErrorCode::kResource,
                           "decoded tensors would take more than");
}
