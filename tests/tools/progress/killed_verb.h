// Runs a verb of the program in a process of its own, which may be killed at a chosen step of what it keeps.
#pragma once

#include "tests/support/support.h"
#include "tools/progress/progress_file.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dyce::test {

struct Ended {
    bool was_killed;
    int code;                        ///< exit code when it was not
    std::string out, err;            ///< what it printed
    std::vector<std::string> steps;  ///< of commits, by name
};

inline int run_words(const std::vector<std::string>& words) {
    std::vector<std::string> copy = words;
    std::vector<char*> argv;
    for (std::string& word : copy) argv.push_back(word.data());
    try {
        for (const Verb* verb : all_verbs())
            if (verb->name == words[0])
                return verb->run(*parse_arguments(*verb, static_cast<int>(argv.size()), argv.data()));
    } catch (const Error& error) {
        std::cerr << "dyce: " << error.what() << "\n";
        return static_cast<int>(error.code());
    }
    return -1;
}

/// `kill_at`: the step, counted from 1, at which SIGKILL ends it; 0 = none. With `file_limit` files cannot grow beyond
/// so many bytes, as on a full disk, and steps are not told.
inline Ended run_verb(const std::vector<std::string>& words, int kill_at = 0, rlim_t file_limit = 0) {
    const TempFolder folder;
    std::cout.flush();
    const pid_t child = fork();
    if (child == 0) {
        const auto redirect = [](const std::string& path, int to) {
            const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
            dup2(file, to);
        };
        redirect(folder / "out", STDOUT_FILENO);
        redirect(folder / "err", STDERR_FILENO);
        const int log = open((folder / "steps").c_str(), O_WRONLY | O_CREAT, 0600);
        if (file_limit > 0) {
            const rlimit limit{file_limit, file_limit};
            setrlimit(RLIMIT_FSIZE, &limit);
            std::signal(SIGXFSZ, SIG_IGN);
            _exit(run_words(words));
        }
        ProgressFile::watch_commits([&, count = 0](const char* step) mutable {
            const std::string line = std::string(step) + "\n";
            if (write(log, line.data(), line.size()) < 0) _exit(99);
            if (++count == kill_at) raise(SIGKILL);
        });
        const int code = run_words(words);
        std::cout.flush();
        std::fflush(stdout);
        _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Ended ended{
        WIFSIGNALED(status), WEXITSTATUS(status), read_file(folder / "out"), read_file(folder / "err"), {}};
    const std::string steps = read_file(folder / "steps");
    for (std::size_t at = 0; at < steps.size(); at = steps.find('\n', at) + 1)
        ended.steps.push_back(steps.substr(at, steps.find('\n', at) - at));
    return ended;
}

}  // namespace dyce::test
