// Lists of paths that other programs make: bounded, because they may not end. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dyce {

struct PathListLimits {
    std::size_t line_bytes = std::size_t{64} << 10;
    std::int64_t lines = 10'000'000;
    std::size_t bytes = std::size_t{2} << 30;  ///< of all paths together
};

/// The paths in `source`, each ended by `separator`, empty ones left out; "-" = stdin, which is read to its
/// end. Throws Error{kResource} over a limit, Error{kContent} for a NUL byte in a path, Error{kIo}.
std::vector<std::string> read_path_list(const std::string& source, char separator,
                                        const PathListLimits& limits = {});

}  // namespace dyce
