// Covers budget, exit_loop_cuts.
// Budgets where rows skip stages, and where only gates decide at some sites: what is paid is each row's own, what is to
// come is counted with all gates open. The oracle for a row's way is the interpreter.
#include "tests/runtime/flow/budgeted_rows.h"
#include "tests/runtime/flow/pass_by_hand.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kBlocks = 5;
constexpr int kHeadSites[] = {1, 3};
constexpr std::size_t kCount = 16;

// Heads at two sites, gates at all but the last.
ExitNet sparse_net() {
    ExitNet net = make_exit_net(kBlocks);
    for (std::size_t h = net.exits.heads.size(); h-- > 0;)
        if (std::ranges::count(kHeadSites, net.exits.heads[h].site) == 0)
            remove_head(net.graph, net.exits, h);
    attach_gates(net);
    return net;
}

// Sixteen images through such a network, at most seven together.
struct SparseRows {
    explicit SparseRows(double tau) : sites(gated_sites({net}, {tau})) {}

    const ExitNet net = sparse_net();
    const Images images = varied_images(kCount);
    const std::vector<ExitSite> sites;
    ExitLoop loop{
        local_stage_runners({CompiledModel::compile(net.graph, net.exits, {.max_batch = 7, .threads = 1})}),
        sites, kCount};
    const ExitPlan plan = make_exit_plan({}, sites);
    const std::vector<const ExitPlan*> plans{kCount, &plan};
};

class LimitedBatch final : public ExitBatch {
public:
    LimitedBatch(const Images& images, std::vector<Budget> budgets)
        : notes(images), budgets_(std::move(budgets)) {}
    void fill(int member, int row, std::span<float> image) override { notes.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override {
        notes.exit(row, answer);
        cuts[row] = answer.cut;
    }
    Budget budget(int row) const override { return budgets_[index(row)]; }

    Notes notes;
    std::map<int, Cut> cuts;

private:
    std::vector<Budget> budgets_;
};

}  // namespace

TEST_CASE("budget: with gates each row goes as far as what it skipped lets it") {
    for (const double tau : {0.0, 0.5, 1.0}) {
        SparseRows rows(tau);
        const auto& sites = rows.sites;
        const std::int64_t block = 2 * 64 * 9 * 8 * 8, gate = 8 * 16 + 16 * 2;
        const auto way = [&](int from, int to) {  // the dearest one between two sites
            const std::int64_t one = tau == 0 ? block : tau == 1 ? 0 : block + gate;
            return (to - from) * one;
        };
        std::mt19937 random(6);
        const std::int64_t least = sites[1].macs + way(0, 1) - block + kExit;
        std::map<int, int> left_at;
        for (int round = 0; round < 20; ++round) {
            std::vector<Budget> budgets(kCount);
            for (Budget& budget : budgets)
                budget.macs = least + static_cast<std::int64_t>(random() % static_cast<unsigned>(5 * block));
            LimitedBatch batch(rows.images, budgets);
            rows.loop.run(rows.plans, batch);
            for (std::size_t i = 0; i < kCount; ++i) {
                const PassByHand hand(rows.net, rows.images[i], tau);
                const auto paid = [&](int site) { return sites[index(site)].macs + hand.paid_extra(site); };
                int at = kBlocks;
                if (paid(3) + way(3, 4) + sites[kBlocks].macs - sites[4].macs > budgets[i].macs) at = 3;
                if (paid(1) + way(1, 3) + kExit > budgets[i].macs) at = 1;
                const Left& left = batch.notes.left[static_cast<int>(i)];
                CHECK(left.position == at);
                CHECK(left.macs == paid(at) + (at < kBlocks ? kExit : 0));
                CHECK(left.macs <= budgets[i].macs);
                CHECK(batch.cuts[static_cast<int>(i)] == (at < kBlocks ? Cut::kBudget : Cut::kNone));
                ++left_at[at];
            }
        }
        CHECK(left_at.size() == (tau == 1 ? 1 : 3));  // where all is skipped, nothing more is to be paid
    }
}

TEST_CASE("budget: in milliseconds a row pays the stages that it ran") {
    for (const double tau : {0.0, 0.5, 1.0}) {
        SparseRows rows(tau);
        const auto& sites = rows.sites;
        // Stages that end at 0 to 5 take 1 to 32 ms, each head a quarter, the classifier nothing.
        SupplyCosts times;
        for (int p = 0; p <= kBlocks; ++p) {
            times.stages.push_back(1 << p);
            times.heads.emplace_back(sites[index(p)].heads.size(), p < kBlocks ? 0.25 : 0);
        }
        // Ahead all gates count as open, but those that never are.
        const auto ahead = [&](int from, int to) {
            double way = 0;
            for (int p = from + 1; p <= to; ++p)
                way += tau == 1 && p > 0 && sites[index(p - 1)].gate ? 0 : times.stages[index(p)];
            return way;
        };
        const double least = ahead(-1, 1) + 0.25;
        std::mt19937 random(8);
        std::map<int, int> left_at;
        for (int round = 0; round < 20; ++round) {
            std::vector<Budget> budgets(kCount);
            for (Budget& budget : budgets) {
                budget.ms = least + static_cast<double>(random() % 250) / 4;
                budget.times = &times;
            }
            LimitedBatch batch(rows.images, budgets);
            rows.loop.run(rows.plans, batch);
            for (std::size_t i = 0; i < kCount; ++i) {
                const PassByHand hand(rows.net, rows.images[i], tau);
                const auto paid = [&](int site) {
                    double sum = 0;
                    for (int p = 0; p <= site; ++p)
                        sum += std::ranges::count(hand.skipped, p) > 0 ? 0 : times.stages[index(p)];
                    return sum;
                };
                int at = kBlocks;
                if (paid(3) + ahead(3, kBlocks) > budgets[i].ms) at = 3;
                if (paid(1) + ahead(1, 3) + 0.25 > budgets[i].ms) at = 1;
                CHECK(batch.notes.left[static_cast<int>(i)].position == at);
                CHECK(batch.cuts[static_cast<int>(i)] == (at < kBlocks ? Cut::kBudget : Cut::kNone));
                ++left_at[at];
            }
        }
        CHECK(left_at.size() > 1);
    }
}
