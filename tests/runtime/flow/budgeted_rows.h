// Rows with budgets through two small members, and where they leave: by a rule written down here, on costs counted by
// hand.
#pragma once

#include "runtime/flow/budget.h"
#include "runtime/flow/supply.h"
#include "tests/runtime/flow/member_nets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace dyce::test {

inline constexpr int kFinal = 6;
inline constexpr std::int64_t kExit = 8 * 5, kQuad = 32 * 5;  // heads of 8 or 32 inputs and 5 classes

// Sites 0 and 1, a classifier, sites 3 to 5, the final exit: 3x3 convolutions on 8x8 pixels, 3 to 8 channels once and
// 8 to 8 twice a block.
inline std::int64_t backbone_to(int position) {
    const auto block = [](int count) { return std::int64_t{64} * 9 * (3 * 8 + count * 2 * 8 * 8); };
    if (position == 2 || position == kFinal) return block(position == 2 ? 2 : 3) + kExit;
    return block(position < 2 ? position + 1 : position - 2);
}

inline bool is_classifier(int position) { return position == 2 || position == kFinal; }

// At sites of odd number the cheaper head is the second one.
inline MemberNets two_members() {
    MemberNets nets({make_exit_net(2, 1), make_exit_net(3, 2)});
    for (int p = 0; p <= kFinal; ++p) {
        ExitSite& position = nets.positions[static_cast<std::size_t>(p)];
        if (is_classifier(p)) position.macs = backbone_to(p);
        REQUIRE(position.macs == backbone_to(p));
        if (p % 2 == 1) std::swap(position.heads[0], position.heads[1]);
    }
    return nets;
}

// A stage takes a millisecond, "exit" heads a half, "quad" heads, which are dearer in multiply-adds, a quarter.
inline SupplyCosts made_up_times(const std::vector<ExitSite>& positions) {
    SupplyCosts times{std::vector<double>(positions.size(), 1), {}};
    for (const ExitSite& position : positions) {
        times.heads.emplace_back();
        for (const ExitSite::Head& head : position.heads)
            times.heads.back().push_back(position.site < 0 ? 0 : head.type.starts_with("exit") ? 0.5 : 0.25);
    }
    return times;
}

struct BudgetedRow {
    Configuration configuration;
    std::int64_t macs = 0;  // 0: no limit
    double ms = 0;
    std::size_t image = 0;
};

inline std::string enabled_type(const Configuration& configuration, int position) {
    if (position == kFinal) return "final";
    for (const EnabledExit& exit : configuration.exits)
        if (exit.site == position) return exit.type;
    return "";
}

inline bool runs_member(const Configuration& configuration, int position) {
    return position > 2 ||
           std::ranges::any_of(configuration.exits, [](auto& exit) { return exit.site <= 2; });
}

// What the rule says of a row: the last position up to which answers can be paid, by which head, and what that costs.
struct Expected {
    int position = -1;
    std::string type;
    std::int64_t macs = 0;
};

inline Expected expected_of(const BudgetedRow& row) {
    Expected last;
    std::int64_t macs = 0;  // whole members and heads
    double ms = 0;
    for (int p = 0; p <= kFinal; ++p) {
        if (!runs_member(row.configuration, p)) continue;
        ms += 1;
        const std::string on = enabled_type(row.configuration, p);
        const bool by_ms = row.ms > 0 && row.macs == 0;
        const std::string site = std::to_string(p > 2 ? p - 3 : p);
        const std::string type = !on.empty()        ? on
                                 : is_classifier(p) ? "classifier"
                                 : by_ms            ? "quad" + site
                                                    : "exit" + site;
        const bool is_exit = type.starts_with("exit"), is_quad = type.starts_with("quad");
        const std::int64_t head = is_exit ? kExit : is_quad ? kQuad : 0;
        const double head_ms = is_exit ? 0.5 : is_quad ? 0.25 : 0;
        if (row.macs > 0 && macs + backbone_to(p) + head > row.macs) break;
        if (row.ms > 0 && ms + head_ms > row.ms) break;
        last = {p, type, macs + backbone_to(p) + head};
        if (!on.empty()) macs += head, ms += head_ms;
        if (p == 2) macs += backbone_to(p);
    }
    return last;
}

// The least that the rule lets a row have.
inline std::int64_t least_macs(const Configuration& configuration) {
    const int first = runs_member(configuration, 0) ? 0 : 3;
    const bool is_quad = enabled_type(configuration, first).starts_with("quad");
    return backbone_to(first) + (is_quad ? kQuad : kExit);
}

class BudgetedBatch final : public ExitBatch {
public:
    BudgetedBatch(const Images& images, std::span<const BudgetedRow* const> rows, const SupplyCosts* times)
        : images_(images), rows_(rows), times_(times) {}
    void fill(int, int row, std::span<float> image) override {
        std::ranges::copy(images_[rows_[index(row)]->image], image.begin());
    }
    void exit(int row, const ExitAnswer& a) override {
        REQUIRE(left.count(row) == 0);
        left[row] = {a.position, *a.type, a.score, a.macs, {a.logits.begin(), a.logits.end()}, a.late};
        cuts[row] = a.cut;
    }
    Budget budget(int row) const override {
        const BudgetedRow& one = *rows_[index(row)];
        Budget budget;
        if (one.macs > 0) budget.macs = one.macs;
        if (one.ms > 0) budget.ms = one.ms, budget.times = times_;
        return budget;
    }
    Clock::time_point deadline(int) const override { return due; }
    Supply* supply() override { return store; }
    void refuse(int row) override { refused.insert(row); }

    std::map<int, Left> left;
    std::map<int, Cut> cuts;
    std::set<int> refused;
    Clock::time_point due = Clock::time_point::max();
    Supply* store = nullptr;

private:
    static std::size_t index(int row) { return static_cast<std::size_t>(row); }

    const Images& images_;
    std::span<const BudgetedRow* const> rows_;
    const SupplyCosts* times_;
};

// A loop over the two members, and what their heads say of each image.
class TwoMembers {
public:
    explicit TwoMembers(int batch, int at_once)
        : images(noise(32)),
          nets(two_members()),
          times(made_up_times(nets.positions)),
          loop(local_stage_runners(nets.compile({.max_batch = at_once, .threads = 2})), nets.positions,
               batch) {}

    ExitPlan plan_of(const Configuration& configuration) const {
        return make_exit_plan(configuration, nets.positions);
    }

    struct Answered {
        Left left;
        Cut cut;
    };
    /// In the order of `rows`, `batch` of them together.
    std::vector<Answered> run(std::span<const BudgetedRow* const> rows, std::size_t batch) {
        std::vector<Answered> all;
        for (std::size_t first = 0; first < rows.size(); first += batch) {
            const auto part = rows.subspan(first, std::min(batch, rows.size() - first));
            std::vector<ExitPlan> plans;
            std::vector<const ExitPlan*> own;
            for (const BudgetedRow* row : part) plans.push_back(plan_of(row->configuration));
            for (const ExitPlan& plan : plans) own.push_back(&plan);
            BudgetedBatch run(images, part, &times);
            loop.run(own, run);
            REQUIRE(run.left.size() == part.size());
            for (const auto& [row, left] : run.left) all.push_back({left, run.cuts.at(row)});
        }
        return all;
    }
    /// Logits of one image by a head.
    std::vector<float> logits_at(std::size_t image, int position, const std::string& type) {
        auto& known = logits_[{position, type}];
        if (known.empty()) {
            Configuration forced;
            if (position != kFinal) forced.exits = {{position, type, -1}};
            const ExitPlan plan = plan_of(forced);
            for (const auto& one : images) {
                Notes notes({&one, 1});
                loop.run(plan, 1, notes);
                REQUIRE(notes.left.at(0).type == type);
                known.push_back(notes.left.at(0).logits);
            }
        }
        return known[image];
    }

    Images images;
    MemberNets nets;
    SupplyCosts times;
    ExitLoop loop;

private:
    std::map<std::pair<int, std::string>, std::vector<std::vector<float>>> logits_;
};

inline std::vector<const BudgetedRow*> pointers(const std::vector<BudgetedRow>& rows) {
    std::vector<const BudgetedRow*> result;
    for (const BudgetedRow& row : rows) result.push_back(&row);
    return result;
}

inline Configuration some_exits(std::mt19937& random, const std::vector<ExitSite>& positions) {
    if (random() % 5 == 0) return {};
    return random_exits(random, positions);
}

inline std::int64_t some_budget(std::mt19937& random, const Configuration& configuration) {
    const std::int64_t least = least_macs(configuration);
    const std::int64_t most = backbone_to(2) + backbone_to(kFinal) + 5 * kQuad;
    // Often one of those at which something changes, and one less.
    if (random() % 2 == 0) {
        const int p = static_cast<int>(random() % (kFinal + 1));
        const std::int64_t heads = kExit * static_cast<std::int64_t>(random() % 8);
        const std::int64_t edge = backbone_to(p) + heads + (random() % 2 == 0 ? backbone_to(2) : 0);
        return std::max(least, edge - static_cast<std::int64_t>(random() % 2));
    }
    return least + static_cast<std::int64_t>(random() % static_cast<unsigned>(most - least + 1000));
}

}  // namespace dyce::test
