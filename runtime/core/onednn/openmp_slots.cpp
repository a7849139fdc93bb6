#include "runtime/core/onednn/openmp_slots.h"

#include "runtime/core/compute_team.h"

#include <dyce/error.h>

#include <dlfcn.h>
#include <link.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace dyce::onednn {
namespace {

using Parallel = void(void (*)(void*), void*, unsigned, unsigned);
using Barrier = void();
using Count = int();
using SetCount = void(int);

struct Name {
    const char* name;
    void* ours;
    bool in_all = true;      // whether all versions of oneDNN call it
    void* before = nullptr;  // what the slot held: an OpenMP runtime's, or those of another copy of this code
};

enum { kParallel, kBarrier, kMaxThreads, kNumThreads, kThreadNum, kInParallel, kSetNumThreads, kNames };

template <class Function>
Function* before(int name);

void parallel(void (*work)(void*), void* data, unsigned parts, unsigned flags) {
    ComputePlace* const place = compute_place();
    if (place == nullptr) return before<Parallel>(kParallel)(work, data, parts, flags);
    run_region(*place, work, data, parts, place->together);
}
void barrier() {
    ComputePlace* const place = compute_place();
    if (place == nullptr) return before<Barrier>(kBarrier)();
    place->team->meet(place->parts);
}
int max_threads() {
    ComputePlace* const place = compute_place();
    return place == nullptr ? before<Count>(kMaxThreads)() : place->team->threads();
}
int num_threads() {
    ComputePlace* const place = compute_place();
    return place == nullptr ? before<Count>(kNumThreads)() : static_cast<int>(place->parts);
}
int thread_num() {
    ComputePlace* const place = compute_place();
    return place == nullptr ? before<Count>(kThreadNum)() : static_cast<int>(place->part);
}
int in_parallel() {
    ComputePlace* const place = compute_place();
    return place == nullptr ? before<Count>(kInParallel)() : static_cast<int>(place->is_inside);
}

// A team keeps its size. oneDNN 3's graph interface alone sets it, which dyce does not use.
void set_num_threads(int count) {
    if (compute_place() == nullptr) before<SetCount>(kSetNumThreads)(count);
}

std::array<Name, kNames> names{{{"GOMP_parallel", reinterpret_cast<void*>(parallel)},
                                {"GOMP_barrier", reinterpret_cast<void*>(barrier)},
                                {"omp_get_max_threads", reinterpret_cast<void*>(max_threads)},
                                {"omp_get_num_threads", reinterpret_cast<void*>(num_threads)},
                                {"omp_get_thread_num", reinterpret_cast<void*>(thread_num)},
                                {"omp_in_parallel", reinterpret_cast<void*>(in_parallel)},
                                {"omp_set_num_threads", reinterpret_cast<void*>(set_num_threads), false}}};

template <class Function>
Function* before(int name) {
    return reinterpret_cast<Function*>(names[static_cast<std::size_t>(name)].before);
}

bool is_openmp(std::string_view name) {
    return name.starts_with("GOMP_") || name.starts_with("omp_") || name.starts_with("__kmpc_");
}

// oneDNN's library as it lies in memory.
class Library {
public:
    explicit Library(const dl_phdr_info& info) : info_(info) {
        for (int i = 0; i < info.dlpi_phnum; ++i)
            if (info.dlpi_phdr[i].p_type == PT_DYNAMIC) read(at<const ElfW(Dyn)>(info.dlpi_phdr[i].p_vaddr));
    }

    bool contains(const void* pointer) const {
        const auto place = reinterpret_cast<ElfW(Addr)>(pointer) - info_.dlpi_addr;
        for (int i = 0; i < info_.dlpi_phnum; ++i) {
            const ElfW(Phdr)& part = info_.dlpi_phdr[i];
            if (part.p_type == PT_LOAD && place >= part.p_vaddr && place < part.p_vaddr + part.p_memsz)
                return true;
        }
        return false;
    }

    /// use(name, slot) for each function and datum that comes from elsewhere.
    template <class Use>
    void for_each_slot(const Use& use) const {
        for (const Table& table : tables_)
            for (std::size_t i = 0; i < table.bytes / sizeof(ElfW(Rela)); ++i) {
                const ElfW(Rela)& entry = table.entries[i];
                const auto type = ELF64_R_TYPE(entry.r_info);
                if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
                const ElfW(Sym)& symbol = symbols_[ELF64_R_SYM(entry.r_info)];
                use(strings_ + symbol.st_name, at<void*>(entry.r_offset));
            }
    }

    /// Whether the linker has made the slot read-only.
    bool is_sealed(void** slot) const {
        const auto place = reinterpret_cast<ElfW(Addr)>(slot) - info_.dlpi_addr;
        for (int i = 0; i < info_.dlpi_phnum; ++i) {
            const ElfW(Phdr)& part = info_.dlpi_phdr[i];
            if (part.p_type == PT_GNU_RELRO && place >= part.p_vaddr && place < part.p_vaddr + part.p_memsz)
                return true;
        }
        return false;
    }

private:
    struct Table {
        const ElfW(Rela) * entries;
        std::size_t bytes;
    };

    template <class T>
    T* at(ElfW(Addr) place) const {
        return reinterpret_cast<T*>(info_.dlpi_addr + place);
    }
    // glibc has added the library's address, others have not.
    template <class T>
    T* pointer(const ElfW(Dyn) & entry) const {
        const ElfW(Addr) place = entry.d_un.d_ptr;
        return place < info_.dlpi_addr ? at<T>(place) : reinterpret_cast<T*>(place);
    }

    void read(const ElfW(Dyn) * entry) {
        for (; entry->d_tag != DT_NULL; ++entry) switch (entry->d_tag) {
                case DT_SYMTAB: symbols_ = pointer<const ElfW(Sym)>(*entry); break;
                case DT_STRTAB: strings_ = pointer<const char>(*entry); break;
                case DT_JMPREL: tables_[0].entries = pointer<const ElfW(Rela)>(*entry); break;
                case DT_PLTRELSZ: tables_[0].bytes = entry->d_un.d_val; break;
                case DT_RELA: tables_[1].entries = pointer<const ElfW(Rela)>(*entry); break;
                case DT_RELASZ: tables_[1].bytes = entry->d_un.d_val; break;
                default: break;
            }
    }

    const dl_phdr_info& info_;
    const ElfW(Sym) * symbols_ = nullptr;
    const char* strings_ = nullptr;
    std::array<Table, 2> tables_{};
};

bool set_slot(const Library& library, void** slot, void* value) {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    void* const begin = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(slot) / page * page);
    const bool sealed = library.is_sealed(slot);
    if (sealed && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return false;
    std::atomic_ref(*slot).store(value, std::memory_order_release);  // others may be calling through it
    if (sealed) mprotect(begin, page, PROT_READ);
    return true;
}

// Points one slot, and says in `fault` why it cannot; a runtime that reaches a name only when first called is looked up now.
void take(const Library& library, std::string_view name, void** slot, std::string& fault) {
    if (!is_openmp(name)) return;
    for (Name& known : names) {
        if (name != known.name) continue;
        void* const held = std::atomic_ref(*slot).load(std::memory_order_acquire);
        if (held == known.ours) return;
        known.before = library.contains(held) ? dlsym(RTLD_DEFAULT, known.name) : held;
        if (known.before == nullptr || !set_slot(library, slot, known.ours))
            fault = "its call of " + std::string(name) + " cannot be served";
        return;
    }
    fault = "calls " + std::string(name) + ", which this version of dyce does not know";
}

// Called with the linker's lock held: no library comes or goes, and no other copy of this code does the same.
int visit(dl_phdr_info* info, std::size_t, void* data) {
    const Library library(*info);
    if (!library.contains(dnnl_version()->hash)) return 0;
    library.for_each_slot([&](std::string_view name, void** slot) {
        take(library, name, slot, *static_cast<std::string*>(data));
    });
    return 1;
}

std::string take_all() {
    std::string fault;
    dl_iterate_phdr(visit, &fault);
    for (const Name& name : names)
        if (fault.empty() && name.in_all && name.before == nullptr)
            fault = "its calls of " + std::string(name.name) + " were not found";
    return fault;
}

}  // namespace

void take_openmp_slots() {
    static const std::string fault = take_all();
    if (!fault.empty()) throw Error(ErrorCode::kInternal, "oneDNN", fault);
}

}  // namespace dyce::onednn
