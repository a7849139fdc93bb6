#include <dyce/policy.h>

namespace dyce {

Configuration halt_at(const Configuration& configuration, int site, const std::string& type) {
    constexpr std::size_t kMaxName = 64;
    const std::string suffix = ".halt" + std::to_string(site);
    Configuration halted;
    halted.name = configuration.name.substr(0, kMaxName - suffix.size()) + suffix;
    halted.score = configuration.score;
    halted.model_digest = configuration.model_digest;
    halted.preprocess_digest = configuration.preprocess_digest;
    halted.precision = configuration.precision;
    halted.best_heads = configuration.best_heads;
    for (const EnabledExit& exit : configuration.exits)
        if (exit.site < site) halted.exits.push_back(exit);
    halted.exits.push_back({site, type, -1});
    return halted;
}

}  // namespace dyce
