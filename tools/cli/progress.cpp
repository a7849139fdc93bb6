#include "tools/cli/progress.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

namespace dyce {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Progress::Progress(std::string what, std::size_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
    if (terminal_ && printed_) std::cerr << "\n";
}

void Progress::update(std::size_t done, const std::string& note) {
    if (quiet_) return;
    const auto now = Clock::now();
    if (seconds(now - last_) < (terminal_ ? 0.2 : 10.0)) return;
    last_ = now;
    print(done, note);
}

void Progress::print(std::size_t done, const std::string& note) {
    const double elapsed = seconds(last_ - start_);
    char line[160];
    if (total_ > 0 && done > 0) {
        const double left = elapsed / static_cast<double>(done) * static_cast<double>(total_ - done);
        std::snprintf(line, sizeof line, "%zu of %zu %s, %.0f s left", done, total_, what_.c_str(), left);
    } else {
        std::snprintf(line, sizeof line, "%zu %s", done, what_.c_str());
    }
    std::cerr << (terminal_ ? "\r\033[K" : "") << line << note << (terminal_ ? "" : "\n") << std::flush;
    printed_ = true;
}

}  // namespace dyce
