// Where every image of a search space leaves under the choices made so far, and where it would leave next
// if that exit were off: all that a step at any one position depends on. One thread; borrows the space.
#pragma once

#include "search/methods/search_space.h"
#include "search/simulate/choices.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// Choices and what comes of them.
struct Solution {
    Choices choices;
    double correct = 0;  ///< right answers
    double cost = 0;     ///< of all images together
};

class ExitAssignment {
public:
    /// Of one image: the position where it leaves and the one where it would leave if that were off, each
    /// times 2, plus 1 where the answer is right. The final exit is followed by itself.
    struct Codes {
        std::uint16_t exits, next;
        friend bool operator==(const Codes&, const Codes&) = default;
    };

    /// An image that a change of the choices has sent elsewhere.
    struct Move {
        std::uint32_t image;
        Codes from, to;
        /// The later of the two positions where it left and leaves.
        std::size_t last() const { return std::max(from.exits, to.exits) / 2u; }
    };

    /// All exits off.
    explicit ExitAssignment(const SearchSpace& space);

    void set(std::size_t position, const Choice& choice);
    void set(const Choices& choices);

    const SearchSpace& space() const { return *space_; }
    const Choices& choices() const { return choices_; }
    Solution solution() const;

    /// Enabled positions and, last, the final exit.
    const std::vector<std::size_t>& stops() const { return stops_; }
    bool all_off() const { return stops_.size() == 1; }
    const std::vector<Codes>& codes() const { return codes_; }
    /// Images that leave with this code.
    std::int64_t exiting(std::size_t code) const { return exiting_[code]; }

    /// Changes with the choices.
    std::uint64_t version() const { return version_; }
    /// As if the assignment had begun here.
    void forget_moves();
    /// Whether every move since that version is kept.
    bool remembers(std::uint64_t version) const { return version >= first_noted_; }
    /// Calls visit(move) for those that changed what is seen from a position whose own exit is off, in order,
    /// and perhaps for others.
    template <class Visit>
    void visit_moves(std::uint64_t version, std::size_t position, const Visit& visit) const {
        for (std::uint64_t v = version; v < version_; ++v) {
            const Change& change = changes_[v - first_noted_];
            if (position == change.position) continue;
            // Who now leaves elsewhere is seen from all positions up to the later of the two, ..
            for (std::size_t m = change.begin; m < change.next_only && moves_[m].last() >= position; ++m)
                visit(moves_[m]);
            // .. who would leave elsewhere next from where he leaves.
            for (std::size_t m = change.next_only; m < change.end; ++m)
                if (moves_[m].last() == position) visit(moves_[m]);
        }
    }

private:
    // An enabled exit, ready to be asked whether an image leaves there.
    struct Stop {
        std::uint16_t code;
        float lowest;  // score that leaves
        const float* scores;
        const std::uint8_t* tags;

        bool fires(std::size_t image) const { return scores[image] >= lowest; }
        int code_of(std::size_t image) const { return code | (tags[image] & 1); }
    };

    // A change of the choices: where its moves are.
    struct Change {
        std::size_t position;  // kAll: of several
        std::size_t begin, next_only, end;
    };
    static constexpr std::size_t kAll = SIZE_MAX;

    Stop stop_at(std::size_t position, const Choice& choice) const;
    std::span<const CutEntry> altered(std::size_t position, const Choice& before, const Choice& now) const;
    template <class Update>
    void change(std::size_t position, const Update& update);
    template <class Update>
    void change_all(std::size_t position, const Update& update);
    void settle(std::size_t begin, std::size_t end);
    void insert(const Stop& stop, std::size_t begin, std::size_t end);
    Codes toggled(std::size_t image, const Stop& stop, bool fires) const;
    std::uint16_t next_after(std::size_t image, int code) const;
    void note_move(std::size_t image, Codes from, Codes to);
    void limit_moves();
    void sort_moves(Change& change);

    const SearchSpace* space_;
    std::size_t most_moves_;
    std::uint64_t version_ = 1;
    Choices choices_;
    std::vector<std::size_t> stops_;
    std::vector<Stop> exits_;   // the same without the final one
    std::vector<Codes> codes_;  // by image
    std::vector<std::int64_t> exiting_;
    std::vector<Move> moves_;
    std::vector<Move> sorting_;
    std::vector<Change> changes_;  // from version first_noted_ on
    std::uint64_t first_noted_ = 1;
    bool overflowed_ = false;
};

}  // namespace dyce
