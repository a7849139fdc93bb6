// What a model answers on reference kernels, as text to the last bit. Only the public API, so that the same
// lines compile against every release: answers.cpp writes with them what compat_test.cpp checks.
#pragma once

#include <dyce/dyce.h>

#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

namespace dyce::compat {

/// What may change the last bits of an answer: the compiler, the C library and what it makes of the processor.
inline std::string platform() {
    char library[64] = "";
    confstr(_CS_GNU_LIBC_VERSION, library, sizeof library);
    return std::string(__VERSION__) + "; " + library + (__builtin_cpu_supports("fma") ? "; fma" : "") +
           (__builtin_cpu_supports("avx512vnni") ? "; avx512vnni" : "");
}

inline std::string exact(double x) {
    char text[64];
    std::snprintf(text, sizeof text, "%a", x);
    return text;
}

/// A line for each image, in words separated by spaces: member, site and type of its exit, multiply-adds, the
/// three most probable classes, then the score and the first class's probability, hexadecimal.
inline std::vector<std::string> answers(Session& session, const Configuration& configuration,
                                        const std::vector<Image>& images) {
    ClassifyOptions options;
    options.topk = 3;
    options.configuration = configuration;
    std::vector<std::string> lines;
    for (const Prediction& p : session.classify(images, options)) {
        std::string line = std::to_string(p.member) + " " + std::to_string(p.exit_site) + " " + p.exit_type +
                           " " + std::to_string(p.macs);
        for (const int index : p.index) line += " " + std::to_string(index);
        lines.push_back(line + " " + exact(p.score) + " " + exact(p.prob.at(0)));
    }
    return lines;
}

inline SessionOptions reference_options() {
    SessionOptions options;
    options.threads = 1;
    options.max_batch = 4;
    options.reference_kernels = true;
    return options;
}

}  // namespace dyce::compat
