// Counts what a test program allocates through operator new and aligned_alloc: add allocations.cpp to its
// sources. Thread-safe; one AllocationPeak at a time.
#pragma once

#include <cstdint>

namespace dyce::test {

/// Calls of operator new and aligned_alloc since the program started.
std::int64_t allocation_count();

/// The most bytes alive at once since its construction, above what was alive then. Memory of aligned_alloc is
/// counted as if it were never freed.
class AllocationPeak {
public:
    AllocationPeak();
    std::int64_t bytes() const;

private:
    std::int64_t start_;
};

}  // namespace dyce::test
