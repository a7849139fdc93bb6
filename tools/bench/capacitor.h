// A store of energy that is charged by a recorded harvest and drawn from by what is simulated. Its clock is the
// simulation's own. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace dyce {

/// Watts that were harvested from some second on, until the next row's; the last row ends the trace.
struct HarvestRow {
    double seconds = 0, watts = 0;
};

/// Reads a CSV of two columns, `seconds,watts`, with or without that heading. Throws Error{kIo}, and Error{kContent}
/// naming the line: seconds rise, watts are not negative, both are finite, and there are two rows at least.
/// Error{kResource} over 256 MiB.
std::vector<HarvestRow> read_harvest(const std::string& path);

class Capacitor {
public:
    /// Holds `capacity` joules at most, `charge` at the start.
    Capacitor(std::vector<HarvestRow> harvest, double capacity, double charge);

    double joules() const { return joules_; }
    double seconds() const { return seconds_; }
    double harvested() const { return harvested_; }  ///< what found room
    double spent() const { return spent_; }

    /// Draws `joules`, which must be there, and lets `seconds` pass meanwhile.
    void spend(double joules, double seconds);
    /// Lets time pass until it holds so many; false when the trace ends before, or it never can.
    bool wait_for(double joules);

private:
    void pass(double seconds);
    double watts() const;
    double next_change() const;  ///< seconds from now; infinite behind the trace
    void charge(double seconds);

    std::vector<HarvestRow> harvest_;
    double capacity_, joules_;
    double seconds_, harvested_ = 0, spent_ = 0;
    std::size_t row_ = 0;
};

}  // namespace dyce
