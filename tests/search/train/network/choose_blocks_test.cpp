// The blocks that are missed least, beside trying all of them by the interpreter.
#include "search/train/network/choose_blocks.h"

#include "graph/interpreter.h"
#include "search/train/network/judge.h"
#include "search/train/network/split_images.h"
#include "tests/search/train/network/residual_network.h"
#include "tests/support/check_throws.h"

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

}  // namespace

TEST_CASE("choose_blocks: each block is the best of all that are left, until few enough multiply-adds are") {
    const Member member = residual_network({0, 1, 2, 3, 4}).members[0];
    const FourColors images(24);
    const ImageStore store(images, recipe_of_four_colors(), 1);
    const double whole = static_cast<double>(count_macs(member.graph));
    CHECK(classifier_loss(member, store, all_images(store), 2) ==
          doctest::Approx(interpreted_loss(member.graph, store)).epsilon(1e-5));

    std::vector<DroppedBlock> told;
    std::int64_t tried = 0;
    const std::vector<int> chosen = choose_blocks(
        member, 0.5, store, all_images(store), 2, [&](const DroppedBlock& one) { told.push_back(one); },
        [&](std::int64_t done, std::int64_t) { tried = done; });
    REQUIRE(told.size() == 3);  // of ten convolutions of one size and the stem, six have gone
    CHECK(tried >= 4 + 1 + 1);  // all at first, then only what may be the best
    CHECK(tried <= 4 + 3 + 2);
    std::vector<int> dropped;
    for (const DroppedBlock& one : told) {
        double least = 1e9;
        int best = -1;
        for (int b = 1; b < 5; ++b) {
            auto blocks = dropped;
            blocks.push_back(b);
            if (std::count(dropped.begin(), dropped.end(), b) > 0) continue;
            const double loss = interpreted_loss(residual_network(all_but(blocks)).members[0].graph, store);
            if (loss < least) least = loss, best = b;
        }
        CHECK(one.block == best);
        CHECK(one.loss == doctest::Approx(least).epsilon(1e-5));
        dropped.push_back(one.block);
        const Graph left = residual_network(all_but(dropped)).members[0].graph;
        CHECK(one.share == doctest::Approx(static_cast<double>(count_macs(left)) / whole));
    }
    CHECK(told[1].share > 0.5);
    CHECK(told[2].share <= 0.5);
    std::sort(dropped.begin(), dropped.end());
    CHECK(chosen == dropped);
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
