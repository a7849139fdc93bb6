// The command line under failing allocations: every word and value, or an exception, never fewer of them.
#include "tools/cli/arguments.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

using namespace dyce;

namespace {

long allocations_left = -1;  // until one fails; negative: none does

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    if (allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc();
    void* block = std::malloc(size == 0 ? 1 : size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

TEST_CASE("a failed allocation drops neither a word nor a value of the command line") {
    const Verb verb{
        "classify",
        "classify [MODEL] IMAGE..",
        "",
        {{"config", "SET", "", true}, {"topk", "N", ""}, {"o,output", "FILE", ""}, {"csv", "", ""}},
        nullptr};
    // Longer than a string keeps in itself, so that every copy allocates.
    std::vector<std::string> words = {"classify",
                                      "a-model-with-a-rather-long-name.safetensors",
                                      "--config",
                                      "one-set-of-configurations.configs.json:fastest",
                                      "the,picture,with,commas,in,its,name.png",
                                      "--config=another-set-of-configurations.configs.json",
                                      "--topk",
                                      "3",
                                      "-o",
                                      "an-output-file-with-a-long-name.csv",
                                      "--csv",
                                      "--",
                                      "--a-picture-that-looks-like-an-option.png"};
    std::vector<char*> line;
    for (std::string& word : words) line.push_back(word.data());
    const auto parse = [&] { return parse_arguments(verb, static_cast<int>(line.size()), line.data()); };
    const auto right = parse();
    CHECK(right->positionals() == std::vector<std::string>{words[1], words[4], words[12]});
    CHECK(right->list("config") ==
          std::vector<std::string>{words[3], "another-set-of-configurations.configs.json"});
    CHECK(right->text("output", "") == words[9]);

    long failed = 0;
    for (long n = 0;; ++n) {
        std::optional<Arguments> arguments;
        bool threw = false;
        allocations_left = n;
        try {
            arguments = parse();
        } catch (const std::bad_alloc&) {
            threw = true;
        }
        const bool was_reached = allocations_left < 0;
        allocations_left = -1;
        if (threw) {
            ++failed;
            continue;
        }
        CAPTURE(n);
        CHECK(arguments->positionals() == right->positionals());
        CHECK(arguments->values_ == right->values_);
        if (!was_reached) break;
    }
    CHECK(failed > 50);
}
