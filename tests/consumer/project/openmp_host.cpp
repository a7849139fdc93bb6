// openmp_host MODEL PICTURE [PLUGIN]: a host with an OpenMP of its own, which uses it before, around and
// after dyce. Its settings must be as they were, its regions whole, and all answers the same.
#include <dlfcn.h>
#include <omp.h>

#include <cmath>
#include <cstdio>

extern "C" __attribute__((weak)) double surest(const char* model, const char* image);

namespace {

constexpr int kThreads = 3;

bool region_is_whole() {
    int sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 1; i <= 100; ++i) sum += i;
    return sum == 5050;
}

bool settings_are_kept() {
    return omp_get_max_threads() == kThreads && omp_get_dynamic() != 0 && omp_get_max_active_levels() == 2 &&
           omp_in_parallel() == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    auto* classify = surest;
    void* plugin = nullptr;
    omp_set_num_threads(kThreads);
    omp_set_dynamic(1);
    omp_set_max_active_levels(2);
    bool is_right = region_is_whole();
    if (argc > 3) {
        plugin = dlopen(argv[3], RTLD_NOW | RTLD_LOCAL);
        if (plugin == nullptr) {
            std::fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        classify = reinterpret_cast<double (*)(const char*, const char*)>(dlsym(plugin, "surest"));
    }
    const double first = classify(argv[1], argv[2]);
    is_right = is_right && std::fabs(first - 0.9442) < 1e-4 && settings_are_kept() && region_is_whole();
    int wrong = 0;
#pragma omp parallel num_threads(kThreads) reduction(+ : wrong)
    {
        const int threads = omp_get_num_threads(), number = omp_get_thread_num();
        for (int i = 0; i < 20; ++i)
            if (classify(argv[1], argv[2]) != first) ++wrong;
        if (omp_get_num_threads() != threads || omp_get_thread_num() != number) ++wrong;
    }
    is_right = is_right && wrong == 0 && settings_are_kept() && region_is_whole();
    if (plugin != nullptr) dlclose(plugin);
    is_right = is_right && settings_are_kept() && region_is_whole();
    std::puts(is_right ? "all as before" : "changed");
    return is_right ? 0 : 1;
}
