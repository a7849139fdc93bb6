#include "search/train/train_exits.h"

#include "graph/exits/gates.h"
#include "graph/exits/head_group.h"
#include "runtime/core/digest.h"
#include "runtime/core/threads.h"
#include "search/train/feature_pass.h"
#include "search/train/train_heads.h"

#include <dyce/error.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>

namespace dyce {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kHoldout = 4;  // purpose of the random numbers

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string digest_of(const Dataset& images) {
    Digest digest;
    for (std::int64_t i = 0; i < images.size(); ++i) {
        digest.add(images.name(i));
        digest.add(std::to_string(images.label(i)));
    }
    return digest.hex();
}

// What the features depend on; a single pass shows images as they are, whatever the seed.
std::string feature_key(const Member& member, const Dataset& images, const TrainExitsOptions& options) {
    std::ostringstream key;
    key.precision(17);
    key << member.digest << " " << member.preprocess_digest << " " << digest_of(images) << " "
        << options.passes << " " << (options.passes > 1 ? options.training.seed : 0);
    if (has_gates(member.exits)) key << " tau " << member.gate_threshold;
    return key.str();
}

// What the heads depend on besides.
std::string training_key(const std::string& features, const std::vector<HeadPlan>& heads,
                         const TrainExitsOptions& options) {
    std::ostringstream key;
    key.precision(17);
    const TrainingOptions& training = options.training;
    key << features << " " << options.holdout << " " << training.loss.alpha << " "
        << training.loss.temperature << " " << training.loss.smoothing << " " << training.epochs << " "
        << training.batch << " " << peak_rate({}, training) << " " << training.decay << " " << training.seed;
    for (const HeadPlan& head : heads) {
        key << " " << head.site << ":" << head.type.name;
        if (!head.type.family.is_alone()) key << "@" << peak_rate(head.type.family, training);
    }
    return key.str();
}

// Rows to train on and, of the plain pass only, rows to judge by.
struct Split {
    std::vector<std::int64_t> train, held_out;
};

Split split_rows(const FeatureRows& rows, std::int64_t images, const TrainExitsOptions& options) {
    const auto count = static_cast<std::size_t>(std::llround(options.holdout * static_cast<double>(images)));
    auto order = shuffled(images, options.training.seed, kHoldout, 0);
    std::vector<bool> is_held_out(order.size());
    for (std::size_t i = 0; i < count; ++i) is_held_out[static_cast<std::size_t>(order[i])] = true;
    Split split;
    for (std::int64_t row = 0; row < images * options.passes; ++row) {
        if (rows.is_missing(row)) continue;
        if (!is_held_out[static_cast<std::size_t>(row % images)])
            split.train.push_back(row);
        else if (row < images)
            split.held_out.push_back(row);
    }
    return split;
}

// In the order of their first heads; where some have something in common, type by type, so that a site has its heads
// in the order that was asked for.
std::vector<GroupPlan> group_heads(const Member& member, const FeatureLayout& layout,
                                   std::vector<HeadPlan> heads) {
    std::stable_sort(heads.begin(), heads.end(),
                     [](const HeadPlan& a, const HeadPlan& b) { return a.site < b.site; });
    std::vector<GroupPlan> groups;
    std::map<std::string, std::size_t> by_name;
    for (const HeadPlan& head : heads) {
        const std::string name = group_of(member.graph, member.exits, head.site, head.type);
        const auto [group, is_new] = by_name.try_emplace(name, groups.size());
        if (is_new) groups.push_back({head.type, {}, {}});
        groups[group->second].sites.push_back(head.site);
        groups[group->second].sources.push_back(find_source(layout, member.graph, member.exits, head));
    }
    std::map<std::string, std::size_t> rank;
    for (const HeadPlan& head : heads) rank.try_emplace(head.type.name, rank.size());
    const auto is_alone = [](const GroupPlan& group) { return group.type.family.is_alone(); };
    if (!std::all_of(groups.begin(), groups.end(), is_alone))
        std::stable_sort(groups.begin(), groups.end(), [&](const GroupPlan& a, const GroupPlan& b) {
            return rank.at(a.type.name) < rank.at(b.type.name);
        });
    return groups;
}

using HeadScores = std::map<std::pair<int, std::string>, HeadScore>;  // by site and type

HeadScores score_heads(std::vector<TrainedGroup>& trained, const std::vector<GroupPlan>& groups,
                       const std::vector<std::int64_t>& rows, int threads) {
    const auto found = evaluate_heads(trained, rows, threads);
    HeadScores scores;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (std::size_t h = 0; h < groups[g].sites.size(); ++h)
            scores[{groups[g].sites[h], groups[g].type.name}] = found[g][h];
    return scores;
}

// As it is in the member by now.
TrainExitsReport::Head report_of(const Member& member, const HeadPlan& head, const HeadScore& score) {
    const auto attached = std::find_if(
        member.exits.heads.begin(), member.exits.heads.end(),
        [&](const ExitHead& other) { return other.site == head.site && other.type == head.type.name; });
    return {head.site, head.type.name, attached->macs, attached->feed_macs, score};
}

double classifier_accuracy(const TrainingData& data, const std::vector<std::int64_t>& rows) {
    std::size_t correct = 0;
    for (const std::int64_t row : rows) {
        const auto logits = data.rows.logits(row);
        correct += std::max_element(logits.begin(), logits.end()) - logits.begin() == data.label(row) ? 1 : 0;
    }
    return rows.empty() ? 0 : static_cast<double>(correct) / static_cast<double>(rows.size());
}

}  // namespace

std::vector<HeadPlan> plan_heads(const Member& member, const std::vector<HeadType>& types,
                                 const std::vector<int>& sites,
                                 const std::function<void(const std::string&)>& notice) {
    std::vector<HeadPlan> plans;
    for (const int site : sites)
        for (const HeadType& type : types) {
            const std::string why =
                head_misfit(member.graph, member.exits.sites[static_cast<std::size_t>(site)], type);
            if (why.empty())
                plans.push_back({site, type});
            else
                notice("site " + std::to_string(site) + " gets no " + type.name + ": " + why);
        }
    return plans;
}

TrainExitsReport train_exits(
    Member& member, const Dataset& images, const std::vector<HeadPlan>& heads,
    const TrainExitsOptions& options,
    const std::function<void(const char* what, std::int64_t done, std::int64_t all)>& progress) {
    const int threads = options.threads > 0 ? options.threads : available_threads();
    TrainExitsReport report;
    report.images = images.size();
    const std::int64_t row_count = images.size() * options.passes;

    auto start = Clock::now();
    const FeatureLayout layout = plan_features(member.graph, member.exits, heads);
    const std::string key = feature_key(member, images, options);
    const bool keep = !options.cache.empty();
    FeatureCache cache(keep ? options.cache : options.scratch, keep, key, layout, row_count);
    if (!cache.notice().empty()) options.notice(cache.notice());
    report.feature_rows = row_count - cache.complete();
    run_feature_pass(make_feature_network(member.graph, member.exits, layout, member.gate_threshold), layout,
                     member.preprocess, images, {options.passes, options.training.seed, threads}, cache,
                     [&](std::int64_t rows) {
                         progress("features", rows - row_count + report.feature_rows, report.feature_rows);
                     });
    report.feature_seconds = seconds_since(start);

    start = Clock::now();
    TrainingData data{cache.map(), {}};
    for (std::int64_t i = 0; i < images.size(); ++i) {
        data.labels.push_back(images.label(i));
        report.missing += data.rows.is_missing(i) ? 1 : 0;
    }
    const Split split = split_rows(data.rows, images.size(), options);
    if (split.train.empty())
        throw Error(ErrorCode::kContent, "--data",
                    std::to_string(images.size()) + " images, " + std::to_string(report.missing) +
                        " of them unreadable: none is left to train on");

    const std::vector<GroupPlan> groups = group_heads(member, layout, heads);
    std::vector<TrainedGroup> trained;
    for (const GroupPlan& group : groups)
        trained.push_back(
            {make_trainer(data, group, options.training), peak_rate(group.type.family, options.training)});
    const Checkpoint checkpoint(options.checkpoint, training_key(key, heads, options));
    train_heads(trained, split.train, options.training, threads, checkpoint, options.resume,
                [&](std::int64_t done, std::int64_t all) { progress("steps", done, all); });
    report.training_seconds = seconds_since(start);

    report.held_out = static_cast<std::int64_t>(split.held_out.size());
    report.classifier_accuracy = classifier_accuracy(data, split.held_out);
    HeadScores scores;
    if (!split.held_out.empty()) scores = score_heads(trained, groups, split.held_out, threads);
    for (std::size_t g = 0; g < groups.size(); ++g)
        attach_group(member.graph, member.exits, groups[g].type, trained[g].trainer->weights());
    for (const HeadPlan& head : heads)
        report.heads.push_back(report_of(member, head, scores[{head.site, head.type.name}]));
    return report;
}

}  // namespace dyce
