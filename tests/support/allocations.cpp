#include "tests/support/allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::int64_t> live{0};
std::atomic<std::int64_t> peak{0};
std::atomic<std::int64_t> count{0};

void note(void* block) {
    ++count;
    const std::int64_t now = live += static_cast<std::int64_t>(malloc_usable_size(block));
    std::int64_t highest = peak;
    while (now > highest && !peak.compare_exchange_weak(highest, now)) {
    }
}

void* allocate(std::size_t alignment, std::size_t size) {
    void* block = nullptr;
    if (posix_memalign(&block, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) != 0)
        return nullptr;
    note(block);
    return block;
}

void release(void* block) {
    if (block == nullptr) return;
    live -= static_cast<std::int64_t>(malloc_usable_size(block));
    std::free(block);
}

void* allocate_or_throw(std::size_t alignment, std::size_t size) {
    void* block = allocate(alignment, size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(alignof(std::max_align_t), size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate_or_throw(static_cast<std::size_t>(alignment), size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(alignof(std::max_align_t), size);
}
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) { return allocate(alignment, size); }

namespace dyce::test {

std::int64_t allocation_count() { return count; }

AllocationPeak::AllocationPeak() : start_(live) { peak = live.load(); }

std::int64_t AllocationPeak::bytes() const { return peak - start_; }

}  // namespace dyce::test
