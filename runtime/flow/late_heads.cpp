#include "runtime/flow/late_heads.h"

#include <string>

namespace dyce {
namespace {

// The first one when `type` is unknown or not there.
std::size_t head_of_type(const ExitSite& position, const std::string* type) {
    if (type != nullptr)
        for (std::size_t h = 0; h < position.heads.size(); ++h)
            if (position.heads[h].type == *type) return h;
    return 0;
}

}  // namespace

std::vector<std::size_t> late_heads(const Configuration& configuration,
                                    const std::vector<ExitSite>& positions) {
    std::vector<const std::string*> types(positions.size(), nullptr);
    const auto want = [&](int site, const std::string& type) {
        if (site >= 0 && static_cast<std::size_t>(site) < types.size())
            types[static_cast<std::size_t>(site)] = &type;
    };
    if (configuration.best_heads != nullptr) {
        for (const std::string*& type : types) type = &configuration.best_heads->elsewhere;
        for (const BestHeads::Head& head : configuration.best_heads->heads) want(head.site, head.type);
    }
    for (const EnabledExit& exit : configuration.exits) want(exit.site, exit.type);
    std::vector<std::size_t> heads;
    for (std::size_t p = 0; p < positions.size(); ++p) heads.push_back(head_of_type(positions[p], types[p]));
    return heads;
}

}  // namespace dyce
