// Who may include whom, and which module may use which library. docs/architecture.md draws the same table
// and a test compares the two. A module may also include itself and whatever the modules it names may include.
#pragma once

#include <string_view>
#include <vector>

namespace dyce::layering {

struct Module {
    std::string_view path;                    ///< folder; the longest one that matches a file is its module
    std::vector<std::string_view> includes;   ///< modules it may include
    std::vector<std::string_view> libraries;  ///< libraries it may use
};

struct Library {
    std::string_view name;
    std::vector<std::string_view> headers;  ///< how its includes begin
};

// clang-format off
inline const std::vector<Module> kModules = {
    {"runtime/include/dyce", {},                                                {}},
    {"runtime/core",         {"runtime/include/dyce"},                          {"xxhash", "linux"}},
    {"runtime/core/onednn",  {"runtime/core"},                                  {"onednn"}},
    {"ops/spec",             {"runtime/core"},                                  {}},
    {"ops/lowering",         {"ops/spec", "runtime/core/onednn"},               {"onednn"}},
    {"ops",                  {"ops/lowering"},                                  {"onednn"}},
    {"graph",                {"ops"},                                           {}},
    {"graph/passes",         {"graph"},                                         {}},
    {"graph/exits",          {"graph/passes"},                                  {}},
    {"models",               {"graph/exits"},                                   {}},
    {"loaders/format",       {"graph/exits", "loaders/image"},                        {"json", "xtensor"}},
    {"loaders/image",        {"runtime/core"},                                  {"stb", "webp", "xtensor"}},
    {"loaders/npz",          {"loaders/format"},                                {"libzip"}},
    {"loaders/dataset",      {"loaders/npz", "loaders/image", "models"},        {"json", "xtensor"}},
    {"loaders/import",       {"loaders/format", "loaders/image", "models"},     {"json", "xtensor"}},
    {"loaders/import/onnx",  {"loaders/import"},                                {"onnx", "json", "xtensor"}},
    {"runtime/flow",         {"graph/exits"},                                   {}},
    {"runtime/exec",         {"runtime/flow"},                                  {"onednn"}},
    {"runtime/control",      {"runtime/core"},                                  {}},
    {"runtime/session",      {"runtime/exec", "runtime/control", "loaders/format", "loaders/image"}, {}},
    {"search/record",        {"runtime/exec", "loaders/dataset", "loaders/import/onnx"}, {"xtensor"}},
    {"search/simulate",      {"search/record"},                                 {}},
    {"search/methods",       {"search/simulate"},                               {}},
    {"search/quantize",      {"runtime/exec", "loaders/format"},                {}},
    {"search/train",         {"search/record"},                                 {"onednn"}},
    {"search/train/backward", {"runtime/exec"},                                 {"onednn"}},
    {"search/train/network", {"search/train", "search/train/backward"},         {}},
    {"search/compress",      {"search/train/network"},                          {}},
    {"tools",                {"runtime/session", "search/compress", "search/methods", "search/quantize"},       {"cxxopts", "json"}},
    {"tests",                {"tools"}, {"doctest", "onednn", "onnx", "json", "xtensor", "libzip", "xxhash"}},
    {"examples",             {"runtime/include/dyce"},                          {}},
    {"tests/consumer/project", {"runtime/include/dyce"},                        {"openmp"}},
};

inline const std::vector<Library> kLibraries = {
    {"onednn",  {"oneapi/", "dnnl"}},
    {"openmp",  {"omp.h"}},
    {"linux",   {"linux/"}},
    {"xtensor", {"xtensor/", "xtl/", "xtensor-"}},
    {"stb",     {"stb"}},
    {"webp",    {"webp/"}},
    {"onnx",    {"onnx/", "google/protobuf/"}},
    {"json",    {"nlohmann/"}},
    {"cxxopts", {"cxxopts"}},
    {"doctest", {"doctest"}},
    {"xxhash",  {"xxh"}},
    {"libzip",  {"zip.h", "zipconf.h"}},
};
// clang-format on

inline constexpr int kMaxLines = 400;
inline constexpr int kMaxRootCMakeLines = 150;

}  // namespace dyce::layering
