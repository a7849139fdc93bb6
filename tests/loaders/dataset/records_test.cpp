// Covers arrays, cifar, dataset.
// Datasets held in single files: CIFAR's records and NumPy arrays.
#include "loaders/format/npy.h"
#include "tests/loaders/dataset/refused_dataset.h"
#include "tests/loaders/npz/zip_archive.h"
#include "tests/support/support.h"

#include <cstdlib>
#include <cstring>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

// A record whose red, green and blue planes are 1, 2, 3 everywhere but in its second pixel.
std::string record(const std::string& labels) {
    std::string planes;
    for (const char value : {'\1', '\2', '\3'}) planes += std::string(1024, value);
    planes[1] = 11;
    planes[1024 + 1] = 12;
    planes[2048 + 1] = 13;
    return labels + planes;
}

Tensor image_values(const Shape& shape) {
    Tensor tensor(DataType::kUint8, shape);
    auto* values = tensor.mutable_data<std::uint8_t>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i) values[i] = static_cast<std::uint8_t>(i);
    return tensor;
}

}  // namespace

TEST_CASE("CIFAR-10 records of a folder follow each other") {
    TempFolder folder;
    write_file(folder / "data_batch_2.bin", record("\2"));
    write_file(folder / "data_batch_1.bin", record(std::string(1, '\0')) + record("\1"));
    write_file(folder / "batches.meta.txt", "cat\n");
    const auto dataset = open_dataset(folder.path().string(), kThree);
    REQUIRE(dataset->size() == 3);
    CHECK(dataset->name(1) == "data_batch_1.bin#1");
    CHECK(dataset->name(2) == "data_batch_2.bin#0");
    for (int i = 0; i < 3; ++i) CHECK(dataset->label(i) == i);
    const Image image = dataset->image(1);
    REQUIRE(image.width() == 32);
    REQUIRE(image.height() == 32);
    const std::uint8_t expected[] = {1, 2, 3, 11, 12, 13, 1, 2, 3};
    CHECK(std::memcmp(image.pixels(), expected, sizeof expected) == 0);
}

TEST_CASE("of the two labels of CIFAR-100 the fine one counts") {
    TempFolder folder;
    write_file(folder / "test.bin", record("\x13\x63"));
    const auto dataset = open_dataset(folder / "test.bin", {100, {}});
    REQUIRE(dataset->size() == 1);
    CHECK(dataset->label(0) == 99);
    CHECK(dataset->image(0).pixels()[3] == 11);
}

TEST_CASE("broken CIFAR files are refused") {
    TempFolder folder;
    const std::string path = folder / "test_batch.bin";
    write_file(path, "");
    check_refused(path, ErrorCode::kContent, path, "0 bytes are no whole number");
    write_file(path, record("\1").substr(1));
    check_refused(path, ErrorCode::kContent, path, "3072 bytes");
    write_file(path, record("\1") + record("\3"));
    check_refused(path, ErrorCode::kContent, path, "record 1 has label 3, expected 0..2");
    DatasetLimits limits;
    limits.images = 1;
    check_refused(path, ErrorCode::kResource, path, "limit", kThree, limits);
    write_file(folder / "data_batch_1.bin", record("\1"));
    check_refused(folder.path().string(), ErrorCode::kContent, folder.path().string(), "training and test");
}

TEST_CASE("a pair of .npy files holds images and labels") {
    TempFolder folder;
    write_npy(folder / "x.npy", image_values({2, 1, 2, 3}));
    write_npy(folder / "x_labels.npy", Tensor::of_ints({2, 0}));
    const auto dataset = open_dataset(folder / "x.npy", kThree);
    REQUIRE(dataset->size() == 2);
    CHECK(dataset->name(1) == "x.npy#1");
    CHECK(dataset->label(0) == 2);
    const Image image = dataset->image(1);
    CHECK(image.width() == 2);
    CHECK(image.height() == 1);
    CHECK(image.pixels()[0] == 6);
}

TEST_CASE("arrays that are no labelled images are refused") {
    TempFolder folder;
    const std::string images = folder / "x.npy";
    const std::string labels = folder / "x_labels.npy";
    const auto refuse = [&](const Tensor& x, const Tensor& y, const std::string& where,
                            const std::string& message) {
        write_npy(images, x);
        write_npy(labels, y);
        check_refused(images, ErrorCode::kContent, where, message);
    };
    const Tensor good = image_values({2, 4, 4, 3});
    const Tensor two = Tensor::of_ints({0, 1});
    refuse(Tensor(DataType::kFloat32, {2, 4, 4, 3}), two, images, "float32 2x4x4x3, expected uint8");
    refuse(image_values({2, 3, 4, 4}), two, images, "transpose(0, 2, 3, 1)");
    refuse(image_values({2, 48}), two, images, "count x height x width x 3");
    refuse(image_values({0, 4, 4, 3}), two, images, "at least one pixel");
    refuse(good, Tensor::of_ints({0}), labels, "expected 2 integer labels");
    refuse(good, Tensor::of_ints({0, 1, 2}), labels, "expected 2 integer labels");
    refuse(good, Tensor::of({2}, {0, 1}), labels, "expected 2 integer labels");
    refuse(good, Tensor::of_ints({0, 1}).reshaped({1, 2}), labels, "expected 2 integer labels");
    refuse(good, Tensor::of_ints({0, 3}), labels, "label 1 is 3, expected 0..2");
    refuse(good, Tensor::of_ints({0, -1}), labels, "label 1 is -1");
    write_npy(folder / "alone.npy", good);
    check_refused(folder / "alone.npy", ErrorCode::kIo, folder / "alone_labels.npy", "cannot open");
}

TEST_CASE("images are unpacked only when all else is right") {
    TempFolder folder;
    const auto npy = [&](const Tensor& tensor) {
        write_npy(folder / "x.npy", tensor);
        return read_file(folder / "x.npy");
    };
    const auto member = [](const std::string& name, const std::string& bytes) {
        return ZipMember{.name = name, .packed = bytes, .size = bytes.size(), .crc = crc32(bytes)};
    };
    ZipMember images = member("images.npy", npy(image_values({2, 4, 4, 3})));
    images.crc ^= 1;
    const std::string path = folder / "x.npz";
    write_file(path, zip({images, member("labels.npy", npy(Tensor::of_ints({0, 3})))}));
    check_refused(path, ErrorCode::kContent, path + ": labels", "label 1 is 3");
    write_file(path, zip({images, member("labels.npy", npy(Tensor::of_ints({0, 1})))}));
    check_refused(path, ErrorCode::kContent, path + ": member 'images.npy'", "CRC error");
}

TEST_CASE("an .npz holds images and labels") {
    if (!have_python("numpy")) return;
    TempFolder folder;
    const std::string path = folder / "x.npz";
    const auto save = [&](const std::string& members) {
        return std::system(
            ("/usr/bin/python3 -c \"import numpy as n; n.savez_compressed('" + path + "', " + members + ")\"")
                .c_str());
    };
    REQUIRE(save("images=n.arange(96).reshape(2,4,4,3).astype('u1'), labels=n.array([[1],[2]])") == 0);
    const auto dataset = open_dataset(path, kThree);
    REQUIRE(dataset->size() == 2);
    CHECK(dataset->label(1) == 2);
    CHECK(dataset->image(1).pixels()[0] == 48);
    REQUIRE(save("x=n.zeros(1), labels=n.zeros(1)") == 0);
    CHECK_THROWS_WITH_AS(open_dataset(path, kThree), doctest::Contains("images"), Error);
}
