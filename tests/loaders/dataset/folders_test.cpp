// Covers class_folders, image_files, image_names.
#include "loaders/dataset/class_folders.h"
#include "tests/loaders/dataset/refused_dataset.h"
#include "tests/loaders/image/make_files.h"
#include "tests/support/support.h"

#include <filesystem>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

std::string tiny_png() { return png(png_header(1, 1, 8, 0), zlib_stored(bytes({0, 5}))); }

}  // namespace

TEST_CASE("folders get their classes by name, by number, then by position") {
    struct Row {
        std::vector<std::string> folders;
        std::vector<int> classes;
    };
    const Row rows[] = {
        {{"dog", "eel"}, {1, 2}},
        {{"0002", "1"}, {2, 1}},
        {{"n01", "n02", "n03"}, {0, 1, 2}},
    };
    for (const Row& row : rows) CHECK(assign_classes(row.folders, kThree, "data") == row.classes);
    // A name that looks like a number is a name when the model says so.
    CHECK(assign_classes({"7", "9"}, {2, {"9", "7"}}, "data") == std::vector<int>{1, 0});
    CHECK(assign_classes({"a", "b"}, {2, {}}, "data") == std::vector<int>{0, 1});
}

TEST_CASE("folders whose classes cannot be told are refused") {
    struct Row {
        std::vector<std::string> folders;
        DatasetClasses classes;
        std::string message;
    };
    const Row rows[] = {
        {{"n01", "n02"}, kThree, "cannot tell the classes of its 2 folders (such as 'n01')"},
        {{"cat", "dgo"}, kThree, "folder 'dgo' is no class name of the model, though 1"},
        {{"0", "3"}, kThree, "folder '3' is no class index, expected 0..2"},
        {{"crane"}, {3, {"crane", "dog", "crane"}}, "folder 'crane' is the name of more than one class"},
    };
    for (const Row& row : rows) {
        try {
            assign_classes(row.folders, row.classes, "data");
            FAIL_CHECK("was accepted");
        } catch (const Error& error) {
            INFO(error.message());
            CHECK(error.code() == ErrorCode::kContent);
            CHECK(error.where() == "data");
            CHECK(error.message().find(row.message) == 0);
        }
    }
}

TEST_CASE("images of class folders come in the order of their paths") {
    TempFolder folder;
    for (const std::string name : {"dog/b.PNG", "dog/a.png", "dog/deep/c.jpeg", "dog-b/x.png", "eel/z.gif",
                                   "eel/notes.txt", ".hidden/a.png", "loose.png"})
        write_file(folder / name, tiny_png());
    std::filesystem::create_directories(folder / "cat/folder.png");
    const DatasetClasses classes{4, {"cat", "dog", "dog-b", "eel"}};
    for (const std::string& path : {folder.path().string(), folder.path().string() + "/"}) {
        const auto dataset = open_dataset(path, classes);
        const std::vector<std::string> names{"dog-b/x.png", "dog/a.png", "dog/b.PNG", "dog/deep/c.jpeg",
                                             "eel/z.gif"};
        const int labels[] = {2, 1, 1, 1, 3};
        REQUIRE(dataset->size() == 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(dataset->name(static_cast<std::int64_t>(i)) == names[i]);
            CHECK(dataset->label(static_cast<std::int64_t>(i)) == labels[i]);
        }
        CHECK(dataset->image(1).pixels()[0] == 5);
    }
}

TEST_CASE("the images of shared data are found") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    TempFolder folder;
    const std::string archive = (shared / "assets/imagenet/val300.tar.gz").string();
    REQUIRE(std::system(("tar xzf " + archive + " -C " + folder.path().string()).c_str()) == 0);
    const auto by_list = open_dataset(folder.path().string(), {1000, {}});
    const auto by_folder = open_dataset(folder / "val", {1000, {}});
    REQUIRE(by_list->size() == 300);
    REQUIRE(by_folder->size() == 300);
    for (std::int64_t i = 0; i < 300; ++i) {
        CHECK(by_list->name(i) == "val/" + by_folder->name(i));
        CHECK(by_list->label(i) == by_folder->label(i));
    }
    CHECK(by_list->image(0).width() == 227);
}

TEST_CASE("folders without a dataset are refused") {
    TempFolder folder;
    const std::string path = folder.path().string();
    check_refused(path, ErrorCode::kContent, path, "no list.csv, no class folders");
    std::filesystem::create_directories(folder / "cat");
    check_refused(path, ErrorCode::kContent, path, "no images");
    check_refused(folder / "none", ErrorCode::kIo, folder / "none", "no such file");
    write_file(folder / "data.zip", "PK");
    check_refused(folder / "data.zip", ErrorCode::kUsage, folder / "data.zip", "not a dataset");
    write_file(folder / "cat/a.png", "");
    write_file(folder / "cat/b.png", "");
    DatasetLimits limits;
    limits.images = 1;
    check_refused(path, ErrorCode::kResource, path, "more than 1 images", kThree, limits);
}
