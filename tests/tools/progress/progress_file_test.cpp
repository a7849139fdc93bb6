// The file is made of the bytes that the documents say; whatever happens to a slot, what is found is what some commit
// kept.
#include "tools/progress/progress_file.h"

#include "tests/support/check_throws.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr std::size_t kPayload = 5000, kSlot = 8192;  // whole pages, with the head of 64 bytes

ProgressKey some_key() {
    return {{{"model", "m1"}, {"list", "l1"}}, {10, 20, 30}, [](std::size_t i) {
                return "image " + std::to_string(i);
            }};
}

std::string content(int number) {
    return std::string(1000 + 700 * static_cast<std::size_t>(number % 5), static_cast<char>('a' + number));
}

void keep(ProgressFile& file, const std::string& text) {
    const auto payload = file.payload();
    REQUIRE(payload.size() >= text.size());
    std::memcpy(payload.data(), text.data(), text.size());
    file.commit(text.size());
}

std::vector<std::string> found_in(const std::string& path, std::string* notice = nullptr) {
    ProgressFile file(path, some_key(), kPayload, Durability::kProcess);
    if (notice != nullptr) *notice = file.notice();
    std::vector<std::string> found;
    for (const auto& slot : file.found())
        found.emplace_back(reinterpret_cast<const char*>(slot.data()), slot.size());
    return found;
}

}  // namespace

TEST_CASE("progress file: heading, two slots in turn, sizes") {
    const TempFolder folder;
    const std::string path = folder / "kept";
    {
        ProgressFile file(path, some_key(), kPayload, Durability::kPower);
        CHECK(file.found().empty());
        CHECK(file.notice() == "");
        CHECK(ProgressFile::memory_bytes(kPayload) == 4096 + 2 * kSlot);
        for (int i = 0; i < 3; ++i) keep(file, content(i));
    }
    const std::string bytes = read_file(path);
    CHECK(bytes.size() == 4096 + 2 * kSlot + 3 * 8);
    CHECK(bytes.starts_with("dyce.progress/1\nmodel m1\nlist l1\nsizes "));
    CHECK(bytes[4095] == '\n');
    const auto number = [&](std::size_t at) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return value;
    };
    CHECK(number(4096) == 3);  // the third commit, where the first was
    CHECK(number(4096 + 8) == content(2).size());
    CHECK(bytes.substr(4096 + 64, content(2).size()) == content(2));
    CHECK(number(4096 + kSlot) == 2);
    CHECK(bytes.substr(4096 + kSlot + 64, content(1).size()) == content(1));
    for (std::size_t i = 0; i < 3; ++i) CHECK(number(4096 + 2 * kSlot + 8 * i) == 10 * (i + 1));
    CHECK(found_in(path) == std::vector<std::string>{content(2), content(1)});
}

TEST_CASE("progress file: of 100 slots that are torn, flipped or cut, none is read as another") {
    const TempFolder folder;
    const std::string path = folder / "kept";
    {
        ProgressFile file(path, some_key(), kPayload, Durability::kProcess);
        for (int i = 0; i < 4; ++i) keep(file, content(i));
    }
    const std::string whole = read_file(path);
    std::mt19937 random(100);
    int older = 0, restarted = 0;
    for (int injection = 0; injection < 100; ++injection) {
        std::string bytes = whole;
        const bool both = injection % 5 == 4;
        for (std::size_t slot = both ? 0 : 1; slot < 2; ++slot) {  // the second one is the newest
            const std::size_t begin = 4096 + slot * kSlot,
                              used = 64 + content(static_cast<int>(slot) + 2).size();
            const std::size_t at = begin + random() % used;
            if (at - begin >= 16 && at - begin < 32) continue;  // not in use
            switch (injection % 3) {
                case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
                case 1:
                    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                              bytes.begin() + static_cast<std::ptrdiff_t>(begin + kSlot), '\x7e');
                    break;
                default:
                    std::copy_n(whole.begin() + 4096 + static_cast<std::ptrdiff_t>(kSlot * (1 - slot)),
                                at - begin + 1, bytes.begin() + static_cast<std::ptrdiff_t>(begin));
                    break;
            }
        }
        write_file(path, bytes);
        std::string notice;
        const auto found = found_in(path, &notice);
        CAPTURE(injection);
        for (const std::string& one : found) CHECK((one == content(2) || one == content(3)));
        older += found == std::vector<std::string>{content(2)} ? 1 : 0;
        if (!found.empty()) continue;
        ++restarted;
        CHECK(notice.find("no slot is whole: started from the beginning") != std::string::npos);
    }
    CHECK(older > 50);
    CHECK(restarted > 10);
}

TEST_CASE("progress file: cut off anywhere it starts from the beginning, with a notice") {
    const TempFolder folder;
    const std::string path = folder / "kept";
    {
        ProgressFile file(path, some_key(), kPayload, Durability::kProcess);
        keep(file, content(0));
    }
    const std::string whole = read_file(path);
    for (const std::size_t size : {std::size_t{0}, std::size_t{20}, std::size_t{4095}, std::size_t{4096},
                                   std::size_t{6000}, whole.size() - 1}) {
        write_file(path, whole.substr(0, size));
        std::string notice;
        CHECK(found_in(path, &notice).empty());
        CHECK((notice == "") == (size < 4096));  // killed while it was made
        CHECK(std::filesystem::file_size(path) == whole.size());
    }
    write_file(path, std::string(whole.size(), '\0'));
    CHECK(found_in(path).empty());
}

TEST_CASE("progress file: what it does not belong to is refused; a damaged heading is not") {
    const TempFolder folder;
    const std::string path = folder / "kept";
    {
        ProgressFile file(path, some_key(), kPayload, Durability::kProcess);
        keep(file, content(0));
    }
    const auto open = [&](const ProgressKey& key) {
        ProgressFile(path, key, kPayload, Durability::kProcess);
    };
    ProgressKey key = some_key();
    key.fields[1].second = "l2";
    check_throws([&] { open(key); }, ErrorCode::kContent,
                 "keeps the progress of another list: l1, expected l2", path);
    key = some_key();
    key.sizes[1] = 21;
    check_throws([&] { open(key); }, ErrorCode::kContent, "has 21 bytes, expected 20", "image 1");
    const std::string whole = read_file(path);
    std::string bytes = whole;
    bytes[30] = static_cast<char>(bytes[30] ^ 1);
    write_file(path, bytes);
    std::string notice;
    CHECK(found_in(path, &notice).empty());
    CHECK(notice.find("its heading is damaged") != std::string::npos);
    write_file(path, "dyce.progress/7\n" + whole.substr(16));
    CHECK(found_in(path, &notice).empty());
    CHECK(notice.find("another version of dyce") != std::string::npos);
    for (const std::string& other : {std::string("a letter"), std::string(9000, 'x')}) {
        write_file(path, other);
        check_throws([&] { open(some_key()); }, ErrorCode::kIo, "was not written by dyce", path);
        CHECK(read_file(path) == other);
    }
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    check_throws([&] { open(some_key()); }, ErrorCode::kIo, "not a regular file", path);
}
