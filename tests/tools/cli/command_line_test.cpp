// Covers numbers, runtime/include/dyce/version, tools/main, tools/verbs/{convert, verbs}.
// What the program says to a wrong command line, and its exit codes.
#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace dyce::test;
using doctest::Contains;

TEST_CASE("dyce --help and --version answer on stdout") {
    CHECK(run_program("--version").out.rfind("dyce " DYCE_PROJECT_VERSION " (oneDNN ", 0) == 0);
    const Outcome help = run_program("--help");
    CHECK(help.code == 0);
    for (const char* verb : {"convert", "inspect", "classify", "eval", "bench", "report", "run"}) {
        CHECK(help.out.find(std::string("dyce ") + verb) != std::string::npos);
        const Outcome own = run_program(std::string(verb) + " --help");
        CHECK(own.code == 0);
        CHECK(own.out.find("--json") != std::string::npos);
    }
}

TEST_CASE("dyce help VERB is dyce VERB --help") {
    const Outcome help = run_program("help eval");
    CHECK(help.code == 0);
    CHECK(help.out.find("--data") != std::string::npos);
    CHECK(help.out == run_program("eval --help").out);
}

TEST_CASE("options keep their values whole, and words between and behind them are kept in order") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    for (const char* name : {"a,b.png", "c d.png", "-e.png"})
        write_file(folder / name, color_png(8, 255, 0, 0));
    const Outcome outcome = run_program(
        "classify " + folder / "m.safetensors" + " --topk=1 a,b.png --jsonl 'c d.png' --threads 1 -- -e.png",
        "cd " + folder.path().string() + " &&");
    CHECK(outcome.code == 0);
    const std::size_t first = outcome.out.find("\"a,b.png\""), second = outcome.out.find("\"c d.png\""),
                      third = outcome.out.find("\"-e.png\"");
    CHECK(first < second);
    CHECK(second < third);
    CHECK(third != std::string::npos);
}

TEST_CASE("files of another kind are called by their names") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    const std::string model = folder / "m.safetensors";
    write_file(folder / "p.png", color_png(8, 255, 0, 0));
    write_file(folder / "set.json", "{\"schema\": \"dyce.configs/1\"}");
    std::string onnx = "\x08\x07\x12\x07pytorch\x1a\x05" + std::string("1.13.");
    write_file(folder / "net.safetensors", onnx);
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {"inspect " + folder / "net.safetensors", 3,
         "net.safetensors: is an ONNX network; dyce convert it first"},
        {"search " + folder / "set.json" + " -o " + folder / "o.json", 3, "is a configuration set"},
        {"search " + model + " -o " + folder / "o.json", 3, "is a dyce model (expected an .npz file)"},
        {"classify " + model + " " + folder / "p.png" + " --config " + folder / "p.png", 3, "is a PNG image"},
        {"report " + model + " -o " + folder / "o.html", 3, "is a dyce model"},
        {"run " + folder / "p.png" + " --input x.npy", 3, "is a PNG image"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == row.code);
        CHECK(outcome.err.find(row.piece) != std::string::npos);
    }
}

TEST_CASE("interrupted work says how to go on") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    write_file(folder / "p.png", color_png(8, 255, 0, 0));
    std::string list = "path,label\n";
    for (int i = 0; i < 200'000; ++i) list += "p.png,0\n";
    write_file(folder / "list.csv", list);
    // Sent when the program has done what `ready` waits for, and long before its work is done.
    const auto interrupted = [&](const std::string& ready, const std::string& arguments) {
        return run_program(arguments, "sh -c '\"$@\" & p=$!; until " + ready +
                                          "; do sleep 0.02; done; kill -INT $p; wait $p' sh");
    };
    // The shell's own copy of itself catches the signal, too, until it becomes the program.
    const std::string catches_it =
        "{ grep -qx dyce /proc/$p/comm && grep -q \"SigCgt.*[2367abef]$\" /proc/$p/status; }";
    const Outcome bench =
        interrupted(catches_it, "bench " + folder / "m.safetensors" + " --threads 1 --duration 60");
    CHECK(bench.code == 130);
    CHECK(bench.err.find("interrupted; no output was written: start the same command again") !=
          std::string::npos);
    const Outcome record =
        interrupted("test -e " + folder / "r.npz.journal",
                    "record " + folder / "m.safetensors" + " --batch 1 --threads 1 --data " +
                        folder / "list.csv" + " -o " + folder / "r.npz");
    CHECK(record.code == 130);
    CHECK(record.err.find("kept beside the output: start the same command again to go on") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "r.npz"));
}

TEST_CASE("a wrong command line exits with 2 and names option, value, range and the nearest name") {
    const TempFolder folder;
    dyce::save_model(folder / "m.safetensors", color_model());
    const std::string model = folder / "m.safetensors";
    struct Row {
        std::string arguments;
        std::vector<std::string> pieces;
    };
    const Row rows[] = {
        {"", {}},
        {"clasify x", {"unknown verb \"clasify\"", "the nearest is classify"}},
        {"banana x", {"unknown verb \"banana\"; dyce help lists all"}},
        {"help clasify", {"unknown verb \"clasify\"", "the nearest is classify"}},
        {"help eval bench", {"dyce help", "\"bench\"", "one verb"}},
        {"classify " + model + " x.png --banana", {"unknown option --banana; dyce help classify lists all"}},
        {"classify " + model + " x.png --csv --json", {"--csv", "excludes --json"}},
        {"classify " + model + " x.png --topp 3", {"unknown option --topp", "--topk"}},
        {"classify " + model + " x.png --topk 0", {"--topk", "\"0\"", "from 1 to"}},
        {"classify " + model + " x.png --topk 3x", {"--topk", "\"3x\"", "an integer"}},
        {"classify " + model + " x.png --topk 1 --topk 2", {"--topk", "given 2 times"}},
        {"classify " + model + " x.png --csv --jsonl", {"--csv", "excludes --jsonl"}},
        {"classify " + model, {"IMAGE", "is missing"}},
        {"eval " + model, {"--data", "is missing"}},
        {"bench " + model + " --batch 1,0", {"--batch", "\"0\"", "from 1 to 4096"}},
        {"bench " + model + " --duration nan", {"--duration", "\"nan\""}},
        {"bench --op w9_q3", {"w9_q3", "no word \"q\""}},
        {"bench --op c3h5w5_k7", {"--op", "leaves no output"}},
        {"bench --op w9 --batch 2", {"--op", "excludes --batch"}},
        {"bench --peak --op w9", {"--op", "excludes --peak"}},
        {"bench --peak " + model, {"--peak takes no model"}},
        {"convert x.onnx", {"--output", "is missing"}},
        {"convert x.onnx -o y.onnx", {"--output", ".safetensors"}},
        {"convert x.safetensors -o y.safetensors", {"--arch"}},
        {"convert " + model + " --arch resnet5 -o y.safetensors --preset imagenet", {"resnet5", "resnet50"}},
        {"run", {"MODEL", "give one"}},
        {"run " + model, {"--input", "nothing given", "input"}},
        {"run " + model + " --input nobody=x.npy", {"no input \"nobody\""}},
    };
    for (const Row& row : rows) {
        const Outcome outcome = run_program(row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 2);
        for (const std::string& piece : row.pieces) CHECK(outcome.err.find(piece) != std::string::npos);
    }
}

TEST_CASE("files that are missing, wrong or too large exit with 4, 3 and 5") {
    const TempFolder folder;
    write_file(folder / "wrong.safetensors", "not a model at all");
    write_file(folder / "weights.pth", std::string("PK\3\4", 4) + std::string(100, 'x'));
    write_file(folder / "wrong.onnx", "nor is this");
    const std::string out = " -o " + folder / "out.safetensors";
    CHECK(run_program("inspect " + folder / "none.safetensors").code == 4);
    CHECK(run_program("inspect " + folder / "wrong.safetensors").code == 3);
    CHECK(run_program("convert " + folder / "wrong.onnx" + out + " --preset imagenet").code == 3);
    CHECK(run_program("convert " + folder / "none.onnx" + out + " --preset imagenet").code == 4);
    const Outcome pth =
        run_program("convert " + folder / "weights.pth" + " --arch resnet18 --preset imagenet" + out);
    CHECK(pth.code == 3);
    CHECK(pth.err.find("torch.load") != std::string::npos);
    CHECK(pth.err.find("save_file") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "out.safetensors"));

    write_file(folder / "huge.png", std::string((std::size_t{32} << 20) + 1, '\0'));
    dyce::save_model(folder / "m.safetensors", color_model());
    const Outcome huge = run_program("classify " + folder / "m.safetensors" + " " + folder / "huge.png");
    CHECK(huge.code == 1);  // an image that fails does not stop the others
    CHECK(huge.err.find("huge.png") != std::string::npos);
    std::filesystem::resize_file(folder / "wrong.onnx", std::uint64_t{1} << 31);  // sparse
    CHECK(run_program("convert " + folder / "wrong.onnx" + out + " --preset imagenet").code == 5);
}
