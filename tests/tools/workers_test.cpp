// Covers tools/verbs/eval.
// Lists that several workers share: outputs have the order and the bytes that one worker gives them.
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <iostream>

#include <unistd.h>

using namespace dyce::test;
namespace fs = std::filesystem;

namespace {

// A model with exits, and a list of many images.
struct WorkerInputs {
    TempFolder folder;
    std::string model = folder / "m.safetensors";

    explicit WorkerInputs(int images) {
        write_exit_inputs(folder);
        std::string list = "path,label\n";
        for (int i = 0; i < images; ++i) {
            const std::string label = std::to_string(i * 7 % 5);
            list += label + "/" + std::to_string(i % 8) + ".png," + label + "\n";
        }
        write_file(folder / "data/list.csv", list);
    }
};

// What `run` leaves with 2 and 5 workers, against what it leaves with 1.
void check_alike(const std::function<std::string(const std::string& threads)>& run) {
    const std::string expected = run("1");
    CHECK_FALSE(expected.empty());
    for (const char* threads : {"2", "5"}) {
        CAPTURE(threads);
        CHECK(run(threads) == expected);
    }
}

}  // namespace

TEST_CASE("eval, record and quantize leave the same bytes with any number of workers") {
    const WorkerInputs inputs(203);
    const TempFolder& folder = inputs.folder;
    const std::string arguments = " " + inputs.model + " --data " + folder / "data" + " --quiet --threads ";
    check_alike([&](const std::string& threads) {
        const Outcome outcome =
            run_program("eval" + arguments + threads + " --batch 3 --per-image " + folder / "out.csv");
        CHECK(outcome.code == 0);
        return read_file(folder / "out.csv");
    });
    check_alike([&](const std::string& threads) {
        const Outcome outcome = run_program("record" + arguments + threads +
                                            " --batch 3 --topk 2 --scores margin -o " + folder / "out.npz");
        CHECK(outcome.code == 0);
        return read_file(folder / "out.npz");
    });
    check_alike([&](const std::string& threads) {
        const Outcome outcome = run_program("quantize" + arguments + threads + " --percentile 90 -o " +
                                            folder / "out.safetensors");
        CHECK(outcome.code == 0);
        return read_file(folder / "out.safetensors");
    });
}

TEST_CASE("train computes the same features with any number of workers") {
    const WorkerInputs inputs(203);
    const TempFolder& folder = inputs.folder;
    check_alike([&](const std::string& threads) {
        fs::remove_all(folder / "cache");
        const Outcome outcome = run_program("train " + inputs.model + " --data " + folder / "data" +
                                            " --epochs 1 --quiet --cache " + folder / "cache" + " -o " +
                                            folder / "out.safetensors --threads " + threads);
        CHECK(outcome.code == 0);
        std::string bytes = read_file(folder / "out.safetensors");
        for (const auto& file : fs::directory_iterator(folder / "cache")) bytes += read_file(file.path());
        return bytes;
    });
}

TEST_CASE("a damaged image is told where it stands, and what comes before it is kept") {
    const WorkerInputs inputs(100);
    const TempFolder& folder = inputs.folder;
    write_file(folder / "data/damaged.png", "no image");
    write_file(folder / "data/list.csv",
               read_file(folder / "data/list.csv") + "damaged.png,0\n0/1.png,0\n1/1.png,1\n");
    const std::string arguments = " " + inputs.model + " --data " + folder / "data" + " --quiet --threads ";
    check_alike([&](const std::string& threads) {
        const Outcome outcome =
            run_program("eval" + arguments + threads + " --batch 3 --per-image " + folder / "out.csv");
        CHECK(outcome.code == 1);
        return outcome.err + read_file(folder / "out.csv");
    });
    check_alike([&](const std::string& threads) {
        const Outcome outcome =
            run_program("record" + arguments + threads + " --batch 3 -o " + folder / "out.npz");
        CHECK(outcome.code == 3);
        const std::string journal = read_file(folder / "out.npz.journal");
        fs::remove(folder / "out.npz.journal");
        return outcome.err + journal;
    });
    check_alike([&](const std::string& threads) {
        const Outcome outcome =
            run_program("quantize" + arguments + threads + " -o " + folder / "out.safetensors");
        CHECK(outcome.code == 1);
        return outcome.err + read_file(folder / "out.safetensors");
    });
}

TEST_CASE("a user who may start no threads gets the same bytes from the one there is") {
    if (geteuid() != 0) {
        std::cout << "skipped: no right to become another user\n";
        return;
    }
    const WorkerInputs inputs(50);
    const TempFolder& folder = inputs.folder;
    fs::permissions(folder.path(), fs::perms::all);
    const std::string program = folder / "dyce";
    fs::copy_file(DYCE_PROGRAM, program);
    check_alike([&](const std::string& threads) {
        // Looking for leaks takes a thread of the sanitizer's own.
        const std::string command =
            "ASAN_OPTIONS=detect_leaks=0 setpriv --reuid=64123 --regid=64123 --clear-groups prlimit "
            "--nproc=1 " +
            program + " eval " + inputs.model + " --data " + folder / "data" +
            " --batch 3 --quiet --threads " + threads + " --per-image " + folder / "out.csv" + " >/dev/null";
        CHECK(std::system(command.c_str()) == 0);
        return read_file(folder / "out.csv");
    });
}
