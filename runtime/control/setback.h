// What is remembered when a configuration that had served for long suddenly uses too much: the machine or the
// load may have been disturbed, and that may pass. Owned by telemetry; one thread at a time.
#pragma once

#include "runtime/control/window.h"

namespace dyce {

class Setback {
public:
    // Events.
    /// A whole window under configuration `index`; `is_settled` unless it is mixed with what ran before.
    void add(int index, const Window& window, bool is_settled);
    void switched(int from, int to);

    // What is known.
    /// The configuration that had served long; -1 = none, or it serves again.
    int index() const { return index_; }
    /// Its last window, and the first settled one after it under a cheaper configuration.
    const Window& failed() const { return failed_; }
    const Window& after() const { return after_; }
    /// The cheaper one; -1 = that window has not come yet.
    int after_index() const { return after_index_; }
    /// Requests a second while it served.
    double served_rate() const { return served_rate_; }
    /// Enough windows have passed to try again: two at first, twice as many after each time in vain.
    bool is_over() const { return age_ >= patience_; }

private:
    double stint_rate() const { return seconds_ > 0 ? arrived_ / seconds_ : 0; }

    int index_ = -1, after_index_ = -1;
    Window failed_, after_;
    double served_rate_ = 0;
    int age_ = 0;  ///< windows since the last switch down
    int patience_ = 0;

    // The stint under way: windows under one configuration, their sums without the last one.
    int stint_ = 0;
    double arrived_ = 0, seconds_ = 0;
    Window last_;
    bool has_climbed_ = false;  ///< it began with a switch up
};

}  // namespace dyce
