#include "tools/verbs/eval_gates.h"

#include "runtime/core/index.h"
#include "runtime/flow/exit_plan.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>

namespace dyce {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kPathsShown = 10;

ordered_json figures_json(const CoinFigures& figures) {
    return {{"accuracy", figures.accuracy}, {"macs", figures.macs}};
}

}  // namespace

GateTotals::GateTotals(const ModelData& model, const Configuration& configuration)
    : gates_(list_gates(model)),
      member_runs_(make_exit_plan(configuration, model.positions()).member_runs),
      counts_(gates_.size()),
      sites_(model.positions().size()) {
    if (gates_.empty()) throw Error(ErrorCode::kUsage, "--gates-report", "the model has no gates");
}

// A gate decides about images that go on from its site.
void GateTotals::count(const Prediction& answer) {
    ++images_;
    ++paths_[{answer.exit_site, answer.skipped}];
    for (std::size_t g = 0; g < gates_.size(); ++g) {
        if (!member_runs_[index(gates_[g].member)] || answer.exit_site <= gates_[g].site) continue;
        ++counts_[g].decided;
        counts_[g].opened += std::ranges::count(answer.skipped, gates_[g].skips) == 0 ? 1 : 0;
    }
}

double GateTotals::rate(std::size_t gate) const {
    const Count& count = counts_[gate];
    return count.decided == 0 ? 1 : static_cast<double>(count.opened) / static_cast<double>(count.decided);
}

double GateTotals::share(std::size_t images) const {
    return static_cast<double>(images) / static_cast<double>(std::max<std::size_t>(images_, 1));
}

OpenRates GateTotals::open_rates() const {
    OpenRates rates(sites_, 1);
    for (std::size_t g = 0; g < gates_.size(); ++g) rates[index(gates_[g].site)] = rate(g);
    return rates;
}

OpenRates GateTotals::majority() const {
    OpenRates rates = open_rates();
    for (double& rate : rates) rate = rate < 0.5 ? 0 : 1;
    return rates;
}

// Equal ones by where they lead.
std::vector<std::pair<GateTotals::Path, std::size_t>> GateTotals::commonest() const {
    std::vector<std::pair<Path, std::size_t>> paths(paths_.begin(), paths_.end());
    std::ranges::stable_sort(paths, std::greater(), [](const auto& path) { return path.second; });
    return paths;
}

ordered_json GateTotals::json() const {
    ordered_json sites = ordered_json::array(), shown = ordered_json::array();
    for (std::size_t g = 0; g < gates_.size(); ++g) {
        const ordered_json open = counts_[g].decided == 0 ? ordered_json(nullptr) : ordered_json(rate(g));
        sites.push_back({{"site", gates_[g].site},
                         {"skips", gates_[g].skips},
                         {"decided", counts_[g].decided},
                         {"open_rate", open}});
    }
    const auto paths = commonest();
    for (std::size_t i = 0; i < std::min(paths.size(), kPathsShown); ++i)
        shown.push_back({{"share", share(paths[i].second)},
                         {"exit_site", paths[i].first.exit_site},
                         {"skipped", paths[i].first.skipped}});
    const double off = paths.empty() ? 0 : 1 - share(paths[0].second);
    return {{"sites", sites}, {"distinct_paths", paths.size()}, {"off_commonest", off}, {"paths", shown}};
}

void GateTotals::print() const {
    const auto paths = commonest();
    std::printf("%zu paths, %.1f %% of the images off the commonest\n", paths.size(),
                paths.empty() ? 0. : 100 * (1 - share(paths[0].second)));
    for (std::size_t g = 0; g < gates_.size(); ++g)
        if (counts_[g].decided > 0)
            std::printf("  gate  %3d  open for %5.1f %% of %zu\n", gates_[g].site, 100 * rate(g),
                        counts_[g].decided);
    for (std::size_t i = 0; i < std::min(paths.size(), kPathsShown); ++i) {
        const Path& path = paths[i].first;
        std::printf("  %5.1f %%  exit %3d, skipped", 100 * share(paths[i].second), path.exit_site);
        for (const int site : path.skipped) std::printf(" %d", site);
        std::printf("%s\n", path.skipped.empty() ? " nothing" : "");
    }
}

CoinFigures BlindGates::mean() const {
    CoinFigures sum;
    for (const CoinFigures& draw : draws) {
        sum.accuracy += draw.accuracy / static_cast<double>(draws.size());
        sum.macs += draw.macs / static_cast<double>(draws.size());
    }
    return sum;
}

ordered_json BlindGates::json() const {
    ordered_json each = ordered_json::array();
    for (const CoinFigures& draw : draws) each.push_back(figures_json(draw));
    ordered_json document = {{"majority", figures_json(majority)}, {"random", figures_json(mean())}};
    document["random"]["draws"] = each;
    return document;
}

void BlindGates::print() const {
    std::printf("gates that always do what they mostly did: %.2f %%, %.0f multiply-adds per image\n",
                100 * majority.accuracy, majority.macs);
    std::printf("gates that open by chance, as often: %.2f %%, %.0f multiply-adds per image (%zu draws)\n",
                100 * mean().accuracy, mean().macs, draws.size());
}

}  // namespace dyce
