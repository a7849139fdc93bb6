#include "tools/verbs/eval_totals.h"

#include "tools/cli/budget_options.h"
#include "tools/cli/image_rows.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {

using nlohmann::ordered_json;

void EvalTotals::fail(const std::string& message) {
    ++failed;
    std::cerr << "dyce: " << message << "\n";
}

void EvalTotals::count(const std::string& name, int label, const Prediction& p) {
    if (!p.error.empty()) return fail(name + ": " + p.error);
    ++images;
    correct += p.index[0] == label ? 1 : 0;
    correct5 += std::count(p.index.begin(), p.index.end(), label) > 0 ? 1 : 0;
    macs += static_cast<double>(p.macs);
    cut += p.cut == Cut::kBudget ? 1 : 0;
    most_macs = std::max(most_macs, p.macs);
    ++left_at[static_cast<std::size_t>(p.exit_site)];
}

std::string image_row_of(const std::string& name, int label, const Prediction& p) {
    return image_row_text({name, label, p.index[0], p.exit_site, p.exit_type, p.score, p.macs});
}

void report_eval(const Arguments& arguments, const Model& model, const Configuration& configuration,
                 const EvalTotals& totals, const EvalTimes& times, const std::optional<EvalGates>& gates) {
    if (totals.images == 0)
        throw Error(ErrorCode::kContent, arguments.text("data", ""),
                    "none of its images could be classified");
    const auto n = static_cast<double>(totals.images);
    const double accuracy = static_cast<double>(totals.correct) / n;
    std::vector<double> share;
    for (const std::size_t count : totals.left_at) share.push_back(static_cast<double>(count) / n);
    const bool is_base = configuration.exits.empty();
    if (arguments.has("json")) {
        ordered_json document = {{"schema", "dyce.eval/1"},
                                 {"images", totals.images},
                                 {"accuracy", accuracy},
                                 {"top5_accuracy", static_cast<double>(totals.correct5) / n},
                                 {"base_accuracy", is_base ? ordered_json(accuracy) : ordered_json(nullptr)},
                                 {"macs", totals.macs / n},
                                 {"base_macs", model.macs()},
                                 {"exit_share", share},
                                 {"expected_exit_share", configuration.exit_share.empty()
                                                             ? ordered_json(nullptr)
                                                             : ordered_json(configuration.exit_share)},
                                 {"seconds", times.computing},
                                 {"total_seconds", times.total},
                                 {"images_per_second", n / times.computing},
                                 {"configuration", configuration.name},
                                 {"non_finite_scores", totals.non_finite_scores},
                                 {"failed", totals.failed}};
        if (has_budget(arguments)) {
            document["max_macs"] = totals.most_macs;
            document["cut"] = {{"budget", totals.cut}};
        }
        if (gates) document["gates"] = gates->totals.json();
        if (gates && gates->blind) document["gates"].update(gates->blind->json());
        std::cout << document.dump(2) << "\n";
        return;
    }
    std::printf("top-1 %.2f %%  top-5 %.2f %%  (%zu of %zu images right)  configuration %s\n", 100 * accuracy,
                100 * static_cast<double>(totals.correct5) / n, totals.correct, totals.images,
                configuration.name.c_str());
    std::printf(
        "%.0f multiply-adds per image (%.1f %% of the backbone's), %.1f images per second "
        "(%.2f s computing, %.2f s in all)\n",
        totals.macs / n, 100 * totals.macs / n / static_cast<double>(model.macs()), n / times.computing,
        times.computing, times.total);
    for (std::size_t p = 0; !is_base && p < share.size(); ++p)
        if (totals.left_at[p] > 0)
            std::printf("  %s %3zu  %5.1f %%\n", p + 1 < share.size() ? "exit " : "final", p, 100 * share[p]);
    if (has_budget(arguments))
        std::printf("%zu images (%.1f %%) cut by the budget; the most that one took: %lld multiply-adds\n",
                    totals.cut, 100 * static_cast<double>(totals.cut) / n,
                    static_cast<long long>(totals.most_macs));
    if (totals.non_finite_scores > 0)
        std::printf("%llu exit scores were not finite\n",
                    static_cast<unsigned long long>(totals.non_finite_scores));
    if (gates) gates->totals.print();
    if (gates && gates->blind) gates->blind->print();
}

}  // namespace dyce
