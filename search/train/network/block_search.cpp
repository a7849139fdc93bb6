#include "search/train/network/block_search.h"

#include "graph/exits/drop_stages.h"
#include "graph/exits/skippable.h"
#include "graph/passes/passes.h"
#include "search/train/network/judge.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <limits>

namespace dyce {
namespace {

// A block that may be dropped next, as it was seen last.
struct Candidate {
    DroppedBlock dropped;
    double price;      ///< loss for a share of the multiply-adds; below all others while it was never seen
    std::size_t seen;  ///< how many blocks were gone then
};

// The network while blocks are dropped: norms folded, as it would run.
class BlockSearch {
public:
    explicit BlockSearch(const Member& member) : whole_(member) {
        drop_stages(whole_.graph, whole_.exits, {});
        simplify(whole_.graph);
        whole_.exits.sites = find_again(whole_.graph, whole_.exits.sites);
        macs_ = count_macs(whole_.graph);
        const std::vector<bool> can_go = skippable(whole_.graph, whole_.exits.sites);
        for (std::size_t b = 0; b < can_go.size(); ++b)
            if (can_go[b]) candidates_.push_back(static_cast<int>(b));
    }

    Member without(const std::vector<int>& blocks) const {
        Member left = whole_;
        drop_stages(left.graph, left.exits, blocks);
        return left;
    }
    double share_without(const std::vector<int>& blocks) const {
        return static_cast<double>(count_macs(without(blocks).graph)) / static_cast<double>(macs_);
    }
    const std::vector<int>& candidates() const { return candidates_; }

private:
    Member whole_;
    std::int64_t macs_ = 0;
    std::vector<int> candidates_;
};

void check_reachable(const BlockSearch& search, double share) {
    const double least = search.share_without(search.candidates());
    if (least <= share) return;
    char text[160];
    std::snprintf(
        text, sizeof text,
        "auto:%g given, but %.4g of the multiply-adds are left without all %zu blocks that can be dropped",
        share, least, search.candidates().size());
    throw Error(ErrorCode::kUsage, "--drop-blocks", text);
}

}  // namespace

std::vector<int> choose_blocks(const Member& member, double share, const ImageStore& store,
                               std::span<const std::int64_t> images, int threads,
                               const std::function<void(const DroppedBlock&)>& tell,
                               const std::function<void(std::int64_t done, std::int64_t all)>& progress) {
    BlockSearch search(member);
    check_reachable(search, share);
    const auto loss_without = [&](const std::vector<int>& blocks) {
        return classifier_loss(search.without(blocks), store, images, threads);
    };
    std::vector<Candidate> left;
    for (const int block : search.candidates())
        left.push_back({{block, 0, 0}, -std::numeric_limits<double>::infinity(), 0});
    const auto count = static_cast<std::int64_t>(left.size());
    std::int64_t tried = 0;
    std::vector<int> dropped;
    DroppedBlock now{-1, share < 1 ? loss_without({}) : 0, 1};
    const auto look_at = [&](Candidate& one) {
        auto blocks = dropped;
        blocks.push_back(one.dropped.block);
        one.dropped.loss = loss_without(blocks);
        one.dropped.share = search.share_without(blocks);
        one.price = (one.dropped.loss - now.loss) / (now.share - one.dropped.share);
        one.seen = dropped.size() + 1;
        progress(++tried, count * (count + 1) / 2);
    };
    while (now.share > share) {
        const auto best = std::ranges::min_element(left, {}, &Candidate::price);
        if (best->seen != dropped.size() + 1) {
            look_at(*best);
            continue;
        }
        now = best->dropped;
        dropped.push_back(now.block);
        left.erase(best);
        tell(now);
    }
    std::sort(dropped.begin(), dropped.end());
    return dropped;
}

}  // namespace dyce
