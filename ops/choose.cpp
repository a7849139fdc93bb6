#include "ops/choose.h"

#include <string_view>

namespace dyce::ops {

onednn::Descriptor choose(onednn::Descriptor candidates, Lowering& lowering) {
    constexpr const char* kNone = "none";
    std::string& chosen = lowering.implementation();
    const auto fits = [&](std::string_view name) {
        return chosen.empty() ? name.find("ref:") == name.npos : name == chosen;
    };
    bool more = static_cast<bool>(candidates);
    while (more && !fits(candidates.impl_info_str())) more = candidates.next_impl();
    if (chosen.empty()) chosen = more ? candidates.impl_info_str() : kNone;
    return more ? candidates : onednn::Descriptor();
}

}  // namespace dyce::ops
