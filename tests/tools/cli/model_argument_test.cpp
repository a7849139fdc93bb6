// The model that was named answers, or none: what dyce classify does with slips of the hand.
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace dyce::test;

namespace {

// In the folder where the program runs: colors.safetensors, red.png, and slips.
struct Desk {
    TempFolder folder;
    Desk() {
        dyce::save_model(folder / "colors.safetensors", color_model());
        const std::string model = read_file(folder / "colors.safetensors");
        write_file(folder / "red.png", color_png(8, 255, 0, 0));
        write_file(folder / "small.png", color_png(32, 255, 0, 0));  // the embedded model would answer
        write_file(folder / "net.onnx", "\x08\x07\x12\x07pytorch\x1a\x05" + std::string("1.13."));
        write_file(folder / "net.pth", "\x80\x02}q\x01.");
        write_file(folder / "odd.safetensor", model);
        write_file(folder / "colors.dat", model);
        write_file(folder / "red.configs.json", "{\"schema\": \"dyce.configs/1\"}");
        write_file(folder / "dir.safetensors/colors.safetensors", model);
        write_file(folder / "empty.safetensors/notes.txt", "no model");
    }
    Outcome run(const std::string& arguments) const {
        return run_program(arguments, "cd " + folder.path().string() + " &&");
    }
};

}  // namespace

TEST_CASE("a slip in the model's name is exit 2 with the line to type, and no answer") {
    const Desk desk;
    const struct {
        const char* arguments;
        std::vector<std::string> pieces;
    } rows[] = {
        {"net.onnx small.png",
         {"net.onnx: is an ONNX network", "\n  dyce convert net.onnx --preset imagenet -o net.safetensors",
          "\n  dyce classify net.safetensors small.png"}},
        {"none.onnx small.png",
         {"none.onnx: no such file, and a network by its name", "\n  dyce convert none.onnx --preset"}},
        {"net.pth small.png",
         {"net.pth: is a PyTorch (pickle) file", "\n  dyce convert net.pth --arch NAME --preset imagenet"}},
        {"colors.safetensor small.png",
         {"no such file; a model's name ends in .safetensors",
          "\n  dyce classify colors.safetensors small.png"}},
        {"odd.safetensor small.png",
         {"\n  mv odd.safetensor odd.safetensors", "\n  dyce classify odd.safetensors small.png"}},
        {"colors.dat small.png",
         {"a model's name ends in .safetensors", "\n  dyce classify colors.safetensors"}},
        {"colors.SafeTensors small.png", {"a model", "\n  dyce classify"}},
        {"small.png colors.safetensors", {"\n  dyce classify colors.safetensors small.png"}},
        {"colors.safetensors red.png net.onnx", {"net.onnx: is an ONNX network"}},
        {"colors.safetensors colors.safetensors red.png", {"is another model"}},
        {"dir.safetensors small.png",
         {"is a folder, expected a model file",
          "\n  dyce classify dir.safetensors/colors.safetensors small.png"}},
        {"dir.safetensors/ small.png", {"is a folder, expected a model file"}},
        {"empty.safetensors small.png", {"is a folder", "\n  dyce classify MODEL.safetensors small.png"}},
        {"color small.png", {"no such file or folder", "\n  dyce classify colors.safetensors small.png"}},
        {"resnet50 'an image.png'",
         {"no such file or folder", "\n  dyce classify resnet50.safetensors 'an image.png'"}},
        {"red.configs.json small.png", {"is a configuration set", "--config red.configs.json"}},
    };
    for (const auto& row : rows)
        for (const char* format : {" --jsonl", " --csv", ""}) {
            const Outcome outcome = desk.run("classify " + std::string(row.arguments) + format);
            CAPTURE(row.arguments);
            CAPTURE(outcome.err);
            CHECK(outcome.code == 2);
            CHECK(outcome.out.empty());
            for (const std::string& piece : row.pieces) CHECK(outcome.err.find(piece) != std::string::npos);
        }
}

TEST_CASE("verbs that take one model say the same") {
    const Desk desk;
    for (const char* verb : {"inspect ", "bench ", "eval --data . ", "record --data . -o r.npz "}) {
        const Outcome outcome = desk.run(verb + std::string("net.onnx"));
        CAPTURE(verb);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        CHECK(outcome.err.find("net.onnx: is an ONNX network") != std::string::npos);
        CHECK(desk.run(verb + std::string("red.png")).code == 2);
    }
}

TEST_CASE("images that are missing or broken are no slip: the others are answered") {
    const Desk desk;
    write_file(desk.folder / "page.png", "<!DOCTYPE html>");
    const Outcome outcome = desk.run("classify colors.safetensors none.png red.png page.png --csv --topk 1");
    CHECK(outcome.code == 1);
    CHECK(outcome.out.find("red.png,1,0,red") != std::string::npos);
    CHECK(outcome.err.find("image: it is a web page") != std::string::npos);
    CHECK(desk.run("classify small.png --csv").code == 0);  // the embedded model, as before
}

TEST_CASE("a folder without readable images is exit 1 and says what it holds") {
    const Desk desk;
    write_file(desk.folder / "p/a.gif", "GIF89a");
    write_file(desk.folder / "p/b.GIF", "GIF89a");
    write_file(desk.folder / "p/notes.txt", "no image");
    write_file(desk.folder / "p/deep/red.jfif", color_png(8, 255, 0, 0));
    const Outcome flat = desk.run("classify colors.safetensors p --jsonl");
    CHECK(flat.code == 1);
    CHECK(flat.out.empty());
    CHECK(flat.err.find("p: holds no JPEG") != std::string::npos);
    CHECK(flat.err.find("image; found 2 .gif, 1 .txt, 1 sub-folder (-r reads them too)") !=
          std::string::npos);
    const Outcome deep = desk.run("classify colors.safetensors p -r --csv --topk 1");
    CHECK(deep.code == 1);  // two images were not answered
    CHECK(deep.out.find("p/deep/red.jfif,1,0,red") != std::string::npos);
    CHECK(deep.err.find("p: left out: 2 .gif; only JPEG") != std::string::npos);
    std::filesystem::remove(desk.folder / "p/a.gif");
    std::filesystem::remove(desk.folder / "p/b.GIF");
    CHECK(desk.run("classify colors.safetensors p -r").code == 0);
    std::filesystem::create_directory(desk.folder / "nothing");
    CHECK(desk.run("classify colors.safetensors nothing").err.find("found nothing") != std::string::npos);
    CHECK(desk.run("bench colors.safetensors --decode nothing").err.find("found nothing") !=
          std::string::npos);
}
