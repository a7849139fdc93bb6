// Journals and caches that are damaged, old, or not dyce's: never a wrong record, never a wait or a signal.
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

#include <sys/stat.h>

using namespace dyce::test;
namespace fs = std::filesystem;

namespace {

bool mentions(const Outcome& outcome, const std::string& piece) {
    return outcome.err.find(piece) != std::string::npos;
}

// `record` and the files it works on; a journal of its first blocks.
struct Recording {
    TempFolder folder;
    std::string output = folder / "rec.npz", journal = output + ".journal", arguments, whole;

    Recording() {
        write_exit_inputs(folder);
        arguments = "record " + folder / "m.safetensors" + " --data " + folder / "data" + " --batch 4 -o ";
        REQUIRE(run_program(arguments + folder / "whole.npz").code == 0);
        whole = read_file(folder / "whole.npz");
    }

    Outcome run() const { return run_program(arguments + output, "timeout 60"); }

    // An image that cannot be read ends a run behind the blocks of those before it.
    std::string half_journal() const {
        const std::string broken = folder / "data/2/3.png", good = read_file(broken);
        write_file(broken, "no image");
        REQUIRE(run().code == 3);
        write_file(broken, good);
        return read_file(journal);
    }
};

}  // namespace

TEST_CASE(
    "a journal's place taken by a link, a FIFO, a folder or somebody's file: exit 4 at once, untouched") {
    const Recording recording;
    const std::string& journal = recording.journal;
    write_file(recording.folder / "victim", "precious");
    const auto check_refused = [&](const std::string& piece) {
        const Outcome outcome = recording.run();
        CAPTURE(outcome.err);
        CHECK(outcome.code == 4);
        CHECK(mentions(outcome, journal + ": " + piece));
        CHECK_FALSE(fs::exists(recording.output));
        fs::remove(journal);
    };
    fs::create_symlink("victim", journal);
    check_refused("is a symbolic link");
    fs::create_symlink("nobody", journal);
    check_refused("is a symbolic link");
    CHECK_FALSE(fs::exists(recording.folder / "nobody"));
    REQUIRE(mkfifo(journal.c_str(), 0600) == 0);
    check_refused("is not a regular file");
    fs::create_directory(journal);
    check_refused("is not a regular file");
    write_file(journal, "my notes\n");
    const Outcome outcome = recording.run();
    CHECK(outcome.code == 4);
    CHECK(mentions(outcome, journal + ": was not written by dyce"));
    CHECK(read_file(journal) == "my notes\n");
    CHECK(read_file(recording.folder / "victim") == "precious");
}

TEST_CASE("whatever is in a journal, the record is that of one run") {
    const Recording recording;
    const std::string journal = recording.half_journal();
    const std::size_t rows = journal.find('\n') + 1, first = rows + 64, block = (journal.size() - rows) / 4;
    REQUIRE(journal.size() == rows + 4 * block);  // 19 images of 40: four blocks of 4
    const struct {
        const char* name;
        std::function<void(std::string&)> change;
        std::size_t left;  // images that need not be computed again
        bool told;         // that something is wrong
    } cases[] = {
        {"nothing", [](std::string&) {}, 16, false},
        {"a class of 2^31-1", [&](std::string& b) { b.replace(first, 4, "\xff\xff\xff\x7f"); }, 0, true},
        {"a score of NaN", [](std::string& b) { b.replace(b.size() - 4, 4, std::string("\0\0\xc0\x7f", 4)); },
         12, true},
        {"a size of 2^64-1", [&](std::string& b) { b.replace(rows + block, 8, std::string(8, '\xff')); }, 4,
         true},
        {"rows for more images", [&](std::string& b) { b += b.substr(rows) + b.substr(rows); }, 16, true},
        {"a block twice", [&](std::string& b) { b.insert(rows, b.substr(rows, block)); }, 4, true},
        {"cut in a row", [](std::string& b) { b.pop_back(); }, 12, false},
        {"cut in a head", [&](std::string& b) { b.resize(rows + 20); }, 0, false},
        {"empty", [](std::string& b) { b.clear(); }, 0, false},
        {"zeros behind", [](std::string& b) { b += std::string(4096, '\0'); }, 16, true},
        {"an older version", [](std::string& b) { b.replace(b.find('/') + 1, 1, "1"); }, 0, true},
        {"another recording", [](std::string& b) { b[b.find(' ') + 1] = 'x'; }, 0, true},
    };
    for (const auto& row : cases) {
        std::string changed = journal;
        row.change(changed);
        write_file(recording.journal, changed);
        fs::remove(recording.output);
        const Outcome outcome = recording.run();
        CAPTURE(row.name);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        CHECK(read_file(recording.output) == recording.whole);
        CHECK_FALSE(fs::exists(recording.journal));
        CHECK(mentions(outcome, recording.journal + ": is ") == row.told);
        CHECK(mentions(outcome, "goes on after") == (row.left > 0));
        if (row.left > 0) CHECK(mentions(outcome, "after the " + std::to_string(row.left) + " images"));
    }
}

TEST_CASE("a cache that is damaged, cut or old is made anew: the model is that of one run") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string output = folder / "out.safetensors";
    const std::string train = "train " + folder / "m.safetensors" + " --data " + folder / "data" + " -o " +
                              output + " --epochs 2 --passes 2 --cache " + folder / "cache";
    REQUIRE(run_program(train).code == 0);
    const std::string model = read_file(output);
    const std::string path = fs::directory_iterator(folder / "cache")->path().string();
    const std::string cache = read_file(path);
    CHECK(cache.starts_with("dyce.features/2 "));
    const struct {
        std::string content;
        bool told;
    } cases[] = {
        {cache, false},
        {cache.substr(0, 4200), false},
        {cache.substr(0, cache.size() - 1), false},
        {cache.substr(0, 300) + "x" + cache.substr(301), true},
        {cache + "x", false},
        {cache + std::string(64, 'x'), true},
        {"dyce.features/1\n" + std::string(5000, '\0'), true},
        {"", false},
    };
    for (const auto& row : cases) {
        write_file(path, row.content);
        fs::remove(output);
        const Outcome outcome = run_program(train);
        CAPTURE(outcome.err);
        REQUIRE(outcome.code == 0);
        CHECK(read_file(output) == model);
        CHECK(mentions(outcome, path + ": is ") == row.told);
    }
    fs::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    const Outcome fifo = run_program(train, "timeout 60");
    CHECK(fifo.code == 4);
    CHECK(mentions(fifo, path + ": is not a regular file"));
}

TEST_CASE("a checkpoint that is cut, damaged or no file is refused; a link to one is followed") {
    const TempFolder folder;
    write_exit_inputs(folder);
    const std::string checkpoint = folder / "checkpoint";
    const std::string train = "train " + folder / "m.safetensors" + " --data " + folder / "data" + " -o " +
                              folder / "out.safetensors" + " --epochs 2 --passes 1 --quiet --checkpoint ";
    REQUIRE(run_program(train + checkpoint).code == 0);
    const std::string whole = read_file(checkpoint);
    REQUIRE(whole.starts_with("dyce.training/1\n"));
    const auto resume = [&](const std::string& path) {
        return run_program(train + path + " --resume", "timeout 60");
    };
    for (const std::string& content : {whole.substr(0, 60), whole.substr(0, whole.size() - 1), whole + "x",
                                       whole.substr(0, 100) + "x" + whole.substr(101), std::string()}) {
        write_file(checkpoint, content);
        CHECK(resume(checkpoint).code == 3);
    }
    write_file(checkpoint, whole);
    fs::create_symlink("checkpoint", folder / "link");
    CHECK(resume(folder / "link").code == 0);
    CHECK(fs::is_symlink(folder / "link"));
    REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(resume(folder / "fifo").code == 4);
}
