// How much of a stretch of memory the process holds right now, from Linux's /proc/self/pagemap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace dyce::test {

inline std::size_t resident_pages(std::span<const std::byte> bytes) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::uint64_t first = reinterpret_cast<std::uintptr_t>(bytes.data()) / page;
    const std::uint64_t last = (reinterpret_cast<std::uintptr_t>(bytes.data()) + bytes.size() - 1) / page;
    std::vector<std::uint64_t> entries(last - first + 1);
    const std::size_t size = entries.size() * sizeof(std::uint64_t);
    const int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);  // reads whole entries only: no stream
    const auto count = pread(file, entries.data(), size, static_cast<off_t>(first * sizeof(std::uint64_t)));
    close(file);
    if (count != static_cast<ssize_t>(size)) throw std::runtime_error("cannot read /proc/self/pagemap");
    std::size_t resident = 0;
    for (const std::uint64_t entry : entries) resident += entry >> 63;  // the bit that says "present"
    return resident;
}

}  // namespace dyce::test
