#include "runtime/control/setback.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr int kServedLong = 6;  // windows; one that uses too much is left after its second
constexpr int kSoon = 2;        // windows
constexpr int kSeldom = 1000;

}  // namespace

void Setback::add(int index, const Window& window, bool is_settled) {
    ++age_;
    ++stint_;
    arrived_ += last_.arrived;
    seconds_ += last_.seconds;
    last_ = window;
    if (index < index_ && after_index_ < 0 && is_settled && !window.is_draining()) {
        after_ = window;
        after_index_ = index;
    }
    if (index >= index_ && stint_ >= kServedLong) index_ = -1;
}

void Setback::switched(int from, int to) {
    if (to < from) {
        if (stint_ >= kServedLong && from > index_) {
            index_ = from;
            failed_ = last_;
            served_rate_ = stint_rate();
            patience_ = kSoon;
        } else if (has_climbed_ && from <= index_) {
            patience_ = std::min(kSeldom, 2 * patience_);
        }
        age_ = 0;
        after_index_ = -1;
    }
    has_climbed_ = to > from;
    stint_ = 0;
    arrived_ = seconds_ = 0;
    last_ = {};
}

}  // namespace dyce
