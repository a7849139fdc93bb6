// Covers list_csv.
#include "tests/loaders/dataset/refused_dataset.h"
#include "tests/loaders/image/make_files.h"
#include "tests/support/support.h"

#include <string>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("a list gives images in its own order, relative to its folder") {
    TempFolder folder;
    const auto pixel = [](int red) {
        return png(png_header(1, 1, 8, 2), zlib_stored(bytes({0, red, 0, 0})));
    };
    write_file(folder / "b.png", pixel(10));
    write_file(folder / "deep/a, b.png", pixel(20));
    write_file(folder / "say \"hi\".png", pixel(30));
    write_file(folder / "list.csv",
               "\xef\xbb\xbfid,label,path\r\n"
               "1,2,b.png\r\n"
               "\r\n"
               "2,0,\"deep/a, b.png\"\r\n"
               "3,1,\"say \"\"hi\"\".png\"\r\n"
               "4,1,deep/../b.png");
    for (const std::string& path : {folder / "list.csv", folder.path().string()}) {
        const auto dataset = open_dataset(path, kThree);
        REQUIRE(dataset->size() == 4);
        const std::string names[] = {"b.png", "deep/a, b.png", "say \"hi\".png", "deep/../b.png"};
        const int labels[] = {2, 0, 1, 1};
        const int reds[] = {10, 20, 30, 10};
        for (int i = 0; i < 4; ++i) {
            CHECK(dataset->name(i) == names[i]);
            CHECK(dataset->label(i) == labels[i]);
            CHECK(dataset->image(i).pixels()[0] == reds[i]);
        }
    }
}

TEST_CASE("a missing image shows when it is read, not when the list is opened") {
    TempFolder folder;
    write_file(folder / "list.csv", "path,label\nnone.png,0\n");
    const auto dataset = open_dataset(folder.path().string(), kThree);
    CHECK_THROWS_WITH_AS(dataset->image(0), doctest::Contains((folder / "none.png").c_str()), Error);
}

TEST_CASE("broken lists are refused with the line number") {
    struct Row {
        std::string list;
        int line;
        std::string message;
        ErrorCode code = ErrorCode::kContent;
    };
    const std::string header = "path,label\n";
    const Row rows[] = {
        {"path,class\na.png,0\n", 1, "no column 'label'"},
        {"a.png,0\n", 1, "no column 'path'"},
        {header + "a.png,0\na.png\n", 3, "1 columns, the first line names 2"},
        {header + "a,b.png,0\n", 2, "must be quoted"},
        {header + "a.png,3\n", 2, "label '3', expected a class index 0..2"},
        {header + "a.png,-1\n", 2, "label '-1'"},
        {header + "a.png,1.5\n", 2, "label '1.5'"},
        {header + "a.png,cat\n", 2, "label 'cat'"},
        {header + "a.png,99999999999\n", 2, "label '99999999999'"},
        {header + ",1\n", 2, "the path is empty"},
        {header + "/etc/passwd,1\n", 2, "leaves the folder"},
        {header + "a/../../b.png,1\n", 2, "leaves the folder"},
        {header + "..,1\n", 2, "leaves the folder"},
        {header + "a.png" + std::string(1, '\0') + ".txt,1\n", 2, "NUL byte"},
        {header + "\"a.png,1\n", 2, "does not end"},
        {header + "\"a\"b.png,1\n", 2, "closing quote"},
        {header + "a.png,1\n\n" + std::string(1 << 20, 'a') + ",1\n", 4, "the limit of a line is 65536",
         ErrorCode::kResource},
        {header + std::string(9 << 20, 'a'), 2, "the limit of a line is 65536", ErrorCode::kResource},
    };
    TempFolder folder;
    const std::string path = folder / "list.csv";
    for (const Row& row : rows) {
        write_file(path, row.list);
        check_refused(path, row.code, path + ":" + std::to_string(row.line), row.message);
    }
    write_file(path, "");
    check_refused(path, ErrorCode::kContent, path, "empty");
    write_file(path, header);
    check_refused(path, ErrorCode::kContent, path, "names no image");
    check_refused(folder / "none.csv", ErrorCode::kIo, folder / "none.csv", "cannot open");
}

TEST_CASE("the limit of images is tested on both sides") {
    TempFolder folder;
    const std::string path = folder / "list.csv";
    std::string list = "path,label\n";
    for (int i = 0; i < 10; ++i) list += "a.png,0\n";
    write_file(path, list);
    DatasetLimits limits;
    limits.images = 10;
    CHECK(open_dataset(path, kThree, limits)->size() == 10);
    limits.images = 9;
    check_refused(path, ErrorCode::kResource, path, "the limit is 9 images", kThree, limits);
    limits = {};
    limits.line_bytes = 10;
    CHECK(open_dataset(path, kThree, limits)->size() == 10);
    limits.line_bytes = 9;
    check_refused(path, ErrorCode::kResource, path + ":1", "the limit of a line is 9", kThree, limits);
}

TEST_CASE("ten million lines are refused before any is stored") {
    TempFolder folder;
    const std::string path = folder / "list.csv";
    write_file(path, "path,label\n" + std::string(10'000'000, '\n'));
    check_refused(path, ErrorCode::kResource, path, "more lines, the limit is 5000000 images");
}
