#include "tools/verbs/train_blocks.h"

#include "graph/exits/drop_stages.h"
#include "search/train/network/block_search.h"
#include "tools/verbs/train_options.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>

namespace dyce {
namespace {

using BlockNotice = std::function<void(const std::string&)>;

constexpr std::size_t kChosenBy = 2000;  // images, at most

// Numbers of blocks, or the share of the multiply-adds that may stay.
struct BlockChoice {
    std::vector<int> blocks;
    double share = 0;
};

BlockChoice parse_choice(const std::string& text) {
    BlockChoice choice;
    if (text.starts_with("auto:")) {
        choice.share = parse_real(text.substr(5), "--drop-blocks auto:", 0, 1);
        if (choice.share == 0)
            throw Error(ErrorCode::kUsage, "--drop-blocks auto:", "0 given, expected a number above 0, to 1");
        return choice;
    }
    for (const std::string& block : split(text, ','))
        choice.blocks.push_back(static_cast<int>(parse_integer(block, "--drop-blocks", 0, kMaxSites - 1)));
    if (choice.blocks.empty())
        throw Error(ErrorCode::kUsage, "--drop-blocks", "is empty, expected auto:0.7, or blocks like 4,7");
    return choice;
}

std::string percent_of(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
    return text;
}

void tell_choice(const DroppedBlock& one, const BlockNotice& notice) {
    char text[64];
    std::snprintf(text, sizeof text, "loss %.4f, ", one.loss);
    notice("without block " + std::to_string(one.block) + ": " + text + percent_of(one.share) +
           " of the multiply-adds left");
}

// Without heads, which go with the blocks.
Member without_blocks(Member member, const std::vector<int>& blocks) {
    drop_stages(member.graph, member.exits, {});
    const std::int64_t before = count_parameters(member.graph);
    drop_stages(member.graph, member.exits, blocks);
    member.parameters -= before - count_parameters(member.graph);
    return member;
}

}  // namespace

void take_dropped_blocks(const Arguments& arguments, const Member& member, TrainNetworkOptions& options,
                         const std::function<void(const std::string&)>& notice) {
    const auto text = arguments.text("drop-blocks");
    if (!text) return;
    refuse(arguments, {"heads", "sites"}, "with --drop-blocks: train heads on what comes out");
    const BlockChoice choice = parse_choice(*text);
    if (choice.share > 0 && options.holdout == 0)
        throw Error(ErrorCode::kUsage, "--drop-blocks", "auto: needs images held out, and --holdout is 0");
    without_blocks(member, choice.blocks);  // refused before any image is read
    if (!member.exits.heads.empty())
        notice("the exits of the network are left out: they were trained on all of its blocks");
    options.prepare = [choice, notice](Member& network, const ImageStore& store, const ImageSplit& images,
                                       int threads, const TrainingProgress& progress) {
        std::vector<int> blocks = choice.blocks;
        if (choice.share > 0)
            blocks = choose_blocks(
                network, choice.share, store,
                std::span(images.held_out).first(std::min(images.held_out.size(), kChosenBy)), threads,
                [&](const DroppedBlock& one) { tell_choice(one, notice); },
                [&](std::int64_t done, std::int64_t all) { progress("networks tried", done, all); });
        const std::int64_t whole = count_macs(without_blocks(network, {}).graph);
        network = without_blocks(std::move(network), blocks);
        std::string list;
        for (const int block : blocks) list += (list.empty() ? "" : ",") + std::to_string(block);
        notice("blocks dropped: " + (list.empty() ? "none" : list) + "; " +
               percent_of(static_cast<double>(count_macs(network.graph)) / static_cast<double>(whole)) +
               " of the multiply-adds left");
    };
}

}  // namespace dyce
