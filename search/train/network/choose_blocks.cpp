#include "search/train/network/choose_blocks.h"

#include "graph/exits/drop_stages.h"
#include "graph/exits/skippable.h"
#include "graph/passes/passes.h"
#include "search/train/network/judge.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>

namespace dyce {
namespace {

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
    void take(int block) { std::erase(candidates_, block); }

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
    const auto count = static_cast<std::int64_t>(search.candidates().size());
    std::int64_t tried = 0;
    std::vector<int> dropped;
    DroppedBlock now{-1, share < 1 ? loss_without({}) : 0, 1};
    while (now.share > share) {
        DroppedBlock best{-1, 0, 0};
        double least = 0;
        for (const int block : search.candidates()) {
            auto blocks = dropped;
            blocks.push_back(block);
            const DroppedBlock one{block, loss_without(blocks), search.share_without(blocks)};
            progress(++tried, count * (count + 1) / 2);
            const double price = (one.loss - now.loss) / (now.share - one.share);
            if (best.block >= 0 && price >= least) continue;
            best = one;
            least = price;
        }
        search.take(best.block);
        dropped.push_back(best.block);
        now = best;
        tell(now);
    }
    std::sort(dropped.begin(), dropped.end());
    return dropped;
}

}  // namespace dyce
