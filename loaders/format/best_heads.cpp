#include "loaders/format/best_heads.h"

#include <algorithm>
#include <map>

namespace dyce {

BestHeads find_best_heads(const std::vector<Configuration>& configurations) {
    struct Choice {
        double accuracy;
        const std::string* type;
    };
    std::map<int, Choice> choices;
    for (const Configuration& configuration : configurations)
        for (const EnabledExit& exit : configuration.exits) {
            const Choice choice{configuration.accuracy, &exit.type};
            const auto [at, is_new] = choices.emplace(exit.site, choice);
            if (!is_new && choice.accuracy > at->second.accuracy) at->second = choice;
        }
    BestHeads best;
    std::map<std::string, int> counts;
    for (const auto& [site, choice] : choices) {
        best.heads.push_back({site, *choice.type});
        ++counts[*choice.type];
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != counts.end()) best.elsewhere = most->first;
    return best;
}

}  // namespace dyce
