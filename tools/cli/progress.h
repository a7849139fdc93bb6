// Progress on stderr: a line that rewrites itself on a terminal, otherwise a plain line every 10 seconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace dyce {

class Progress {
public:
    /// `what` names the things counted ("images"); `total` 0 = unknown. Silent when `quiet`.
    Progress(std::string what, std::size_t total, bool quiet);
    ~Progress();

    /// `note` stands at the end of the line.
    void update(std::size_t done, const std::string& note = "");

private:
    void print(std::size_t done, const std::string& note);

    std::string what_;
    std::size_t total_;
    bool quiet_;
    bool terminal_;
    bool printed_ = false;
    std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace dyce
