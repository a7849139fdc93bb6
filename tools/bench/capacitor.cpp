#include "tools/bench/capacitor.h"

#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace dyce {
namespace {

constexpr std::uint64_t kMaxTraceBytes = std::uint64_t{256} << 20;
constexpr std::string_view kTraceHeading = "seconds,watts";

bool parse_whole(std::string_view text, double& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

}  // namespace

std::vector<HarvestRow> read_harvest(const std::string& path) {
    const auto mapping = FileMapping::open(path, kMaxTraceBytes);
    std::string_view text(reinterpret_cast<const char*>(mapping->bytes().data()), mapping->bytes().size());
    std::vector<HarvestRow> rows;
    std::size_t line = 0;
    const auto fail = [&](const std::string& message) {
        throw Error(ErrorCode::kContent, path + ": line " + std::to_string(line), message);
    };
    while (!text.empty()) {
        ++line;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view own = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (own.ends_with('\r')) own.remove_suffix(1);
        if (line == 1 && own == kTraceHeading) continue;
        const std::size_t comma = std::min(own.find(','), own.size());
        HarvestRow row;
        if (comma == own.size() || !parse_whole(own.substr(0, comma), row.seconds) ||
            !parse_whole(own.substr(comma + 1), row.watts))
            fail("expected two numbers: seconds,watts");
        if (row.watts < 0) fail("holds negative watts, expected 0 or more");
        if (!rows.empty() && row.seconds <= rows.back().seconds)
            fail("does not come after the line before it, expected rising seconds");
        rows.push_back(row);
    }
    if (rows.size() < 2)
        throw Error(
            ErrorCode::kContent, path,
            "has " + std::to_string(rows.size()) + " rows, expected two or more: the last one ends it");
    return rows;
}

Capacitor::Capacitor(std::vector<HarvestRow> harvest, double capacity, double charge)
    : harvest_(std::move(harvest)),
      capacity_(capacity),
      joules_(charge),
      seconds_(harvest_.front().seconds) {}

double Capacitor::watts() const { return row_ + 1 < harvest_.size() ? harvest_[row_].watts : 0; }

double Capacitor::next_change() const {
    if (row_ + 1 >= harvest_.size()) return std::numeric_limits<double>::infinity();
    return harvest_[row_ + 1].seconds - seconds_;
}

void Capacitor::charge(double seconds) {
    const double before = joules_;
    joules_ = std::min(capacity_, joules_ + watts() * seconds);
    harvested_ += joules_ - before;
    seconds_ += seconds;
}

void Capacitor::pass(double seconds) {
    while (seconds >= next_change()) {
        const double step = next_change();
        charge(step);
        seconds_ = harvest_[++row_].seconds;  // what was added up may be beside it
        seconds -= step;
    }
    charge(seconds);
}

void Capacitor::spend(double joules, double seconds) {
    joules_ -= joules;
    spent_ += joules;
    pass(seconds);
}

bool Capacitor::wait_for(double joules) {
    if (joules > capacity_) return false;
    while (joules_ < joules) {
        const double change = next_change();
        if (std::isinf(change)) return false;
        if (watts() > 0 && (joules - joules_) / watts() < change) {
            charge((joules - joules_) / watts());
            harvested_ += std::max(joules - joules_, 0.0);
            joules_ = std::max(joules_, joules);  // whatever the rounding
        } else {
            pass(change);
        }
    }
    return true;
}

}  // namespace dyce
