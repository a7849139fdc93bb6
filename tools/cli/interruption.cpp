#include "tools/cli/interruption.h"

#include <atomic>
#include <csignal>
#include <cstring>

#include <unistd.h>

namespace dyce {
namespace {

std::atomic<const char*> way_to_go_on{"no output was written: start the same command again"};

// Only what a signal handler may call.
void say(const char* text) {
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void interrupted(int) {
    say("\ndyce: interrupted; ");
    say(way_to_go_on);
    say("\n");
    _exit(130);
}

}  // namespace

void end_when_interrupted() { std::signal(SIGINT, interrupted); }

void set_way_to_go_on(const char* text) { way_to_go_on = text; }

}  // namespace dyce
