// Where every picture of a search space leaves under the choices made so far, and where it would leave next
// if that exit were off: all that a step at any one position depends on. One thread; borrows the space.
#pragma once

#include "search/choices.h"
#include "search/search_space.h"

#include <cstdint>
#include <vector>

namespace dyce {

/// Choices and what comes of them.
struct Solution {
    Choices choices;
    double correct = 0;  ///< right answers
    double cost = 0;     ///< of all pictures together
};

class Walk {
public:
    /// All exits off.
    explicit Walk(const SearchSpace& space);

    void set(std::size_t position, const Choice& choice);
    void set(const Choices& choices);

    const SearchSpace& space() const { return *space_; }
    /// Changes with the choices.
    std::uint64_t version() const { return version_; }
    const Choices& choices() const { return choices_; }
    Solution solution() const;

    /// Stops are the enabled positions and, last, the final exit. A code is stop * 2 + whether the answer
    /// there is right.
    const std::vector<std::size_t>& stops() const { return stops_; }
    /// By picture: the code of where it leaves, and of where it would leave if that were off. The final exit
    /// is followed by itself.
    const std::vector<std::uint16_t>& leaves() const { return leaves_; }
    const std::vector<std::uint16_t>& next() const { return next_; }
    /// Pictures that leave with this code.
    std::int64_t leaving(std::size_t code) const { return leaving_[code]; }
    /// Pictures that leave at a stop and have this code next.
    std::int64_t leaving(std::size_t stop, std::size_t next_code) const {
        return leaving_to_[stop * stops_.size() * 2 + next_code];
    }

private:
    void update();
    void pass_stop(std::size_t stop, std::size_t begin, std::size_t end);

    const SearchSpace* space_;
    std::uint64_t version_ = 0;
    Choices choices_;
    std::vector<std::size_t> stops_;
    std::vector<std::uint16_t> leaves_, next_;
    std::vector<std::int64_t> leaving_, leaving_to_;
};

}  // namespace dyce
