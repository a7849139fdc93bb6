// The blocks that are missed least, beside trying all of them by the interpreter.
#include "search/train/network/block_search.h"

#include "graph/interpreter.h"
#include "search/train/network/judge.h"
#include "search/train/network/split_images.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/support/check_throws.h"

#include <map>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

double interpreted_loss(const Graph& graph, const ImageStore& store) {
    double loss = 0;
    for (std::int64_t i = 0; i < store.size(); ++i) {
        Tensor image(DataType::kFloat32, {1, 3, 8, 8});
        store.read(i, image.mutable_data<float>());
        const Tensor logits = interpret(graph, {image})[0];
        double sum = 0;
        for (int k = 0; k < 4; ++k) sum += std::exp(static_cast<double>(logits.data<float>()[k]));
        loss += std::log(sum) - static_cast<double>(logits.data<float>()[store.label(i)]);
    }
    return loss / static_cast<double>(store.size());
}

std::vector<int> all_but(const std::vector<int>& dropped) {
    std::vector<int> left;
    for (int b = 0; b < 5; ++b)
        if (std::count(dropped.begin(), dropped.end(), b) == 0) left.push_back(b);
    return left;
}

// The prices of blocks by the interpreter, on networks that are built without them.
struct InterpretedPrices {
    const ImageStore& store;
    std::vector<int> dropped = {};

    std::pair<double, double> loss_and_share(const std::vector<int>& blocks) const {
        const Graph left = residual_network(all_but(blocks)).members[0].graph;
        const Graph whole = residual_network(all_but({})).members[0].graph;
        return {interpreted_loss(left, store),
                static_cast<double>(count_macs(left)) / static_cast<double>(count_macs(whole))};
    }
    double price(int block) const {
        auto blocks = dropped;
        blocks.push_back(block);
        const auto [before, all] = loss_and_share(dropped);
        const auto [loss, share] = loss_and_share(blocks);
        return (loss - before) / (all - share);
    }
};

}  // namespace

TEST_CASE("choose_blocks: the first is the best of all, the others the best of those that may still be") {
    const Member member = residual_network({0, 1, 2, 3, 4}).members[0];
    const ImageStore store(FourColors(24), recipe_of_four_colors(), 1);
    InterpretedPrices prices{store};
    CHECK(classifier_loss(member, store, all_images(store), 2) ==
          doctest::Approx(prices.loss_and_share({}).first).epsilon(1e-5));

    std::vector<DroppedBlock> told;
    std::int64_t tried = 0;
    const std::vector<int> chosen = choose_blocks(
        member, 0.5, store, all_images(store), 2, [&](const DroppedBlock& one) { told.push_back(one); },
        [&](std::int64_t done, std::int64_t) { tried = done; });
    REQUIRE(told.size() == 3);  // of ten convolutions of one size and the stem, six have gone
    std::map<int, double> seen;
    for (int b = 1; b < 5; ++b) seen[b] = prices.price(b);
    std::int64_t looks = 4;
    for (const DroppedBlock& one : told) {
        // Whatever was least when it was last seen is looked at again, until one that was stays the least.
        std::set<int> fresh;
        if (prices.dropped.empty()) fresh = {1, 2, 3, 4};
        int best = -1;
        while (fresh.count(best) == 0) {
            if (best >= 0) {
                seen[best] = prices.price(best);
                fresh.insert(best);
                ++looks;
            }
            best = std::min_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) {
                       return a.second < b.second;
                   })->first;
        }
        CHECK(one.block == best);
        prices.dropped.push_back(best);
        seen.erase(best);
        const auto [loss, share] = prices.loss_and_share(prices.dropped);
        CHECK(one.loss == doctest::Approx(loss).epsilon(1e-5));
        CHECK(one.share == doctest::Approx(share));
    }
    CHECK(tried == looks);
    CHECK(told[1].share > 0.5);
    CHECK(told[2].share <= 0.5);
    auto expected = prices.dropped;
    std::sort(expected.begin(), expected.end());
    CHECK(chosen == expected);
}

TEST_CASE("choose_blocks: all may stay, and too little says how far it gets") {
    const Member member = residual_network({0, 1, 2}).members[0];
    const ImageStore store(FourColors(8), recipe_of_four_colors(), 1);
    const auto choose = [&](double share) {
        return choose_blocks(
            member, share, store, all_images(store), 1, [](const DroppedBlock&) {},
            [](std::int64_t, std::int64_t) {});
    };
    CHECK(choose(1).empty());
    // Six convolutions of 147,456 multiply-adds, the stem's 27,648 and 64: without four of them 0.3536 are left.
    check_throws([&] { choose(0.35); }, ErrorCode::kUsage,
                 "auto:0.35 given, but 0.3536 of the multiply-adds are left without all 2 blocks",
                 "--drop-blocks");
    CHECK(choose(0.36) == std::vector<int>{1, 2});
}
