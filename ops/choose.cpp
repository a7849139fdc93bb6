#include "ops/choose.h"

namespace dyce::ops {
namespace {

template <class Predicate>
onednn::Descriptor first_of(onednn::Descriptor candidates, Predicate fits) {
    bool more = static_cast<bool>(candidates);
    while (more && !fits(std::string_view(candidates.impl_info_str()))) more = candidates.next_impl();
    return more ? candidates : onednn::Descriptor();
}

}  // namespace

onednn::Descriptor choose(onednn::Descriptor candidates, Lowering& lowering) {
    std::string& chosen = lowering.implementation();
    if (!chosen.empty())
        return first_of(std::move(candidates), [&](std::string_view name) { return name == chosen; });
    auto choice = skip_plain_loops(std::move(candidates));
    chosen = choice ? choice.impl_info_str() : "none";
    return choice;
}

onednn::Descriptor skip_plain_loops(onednn::Descriptor candidates) {
    return first_of(std::move(candidates),
                    [](std::string_view name) { return name.find("ref:") == name.npos; });
}

void prefer(std::string_view name, onednn::Descriptor candidates, Lowering& lowering) {
    if (!lowering.implementation().empty()) return;
    for (bool more = static_cast<bool>(candidates); more; more = candidates.next_impl())
        if (std::string_view(candidates.impl_info_str()).starts_with(name)) {
            lowering.implementation() = candidates.impl_info_str();
            return;
        }
}

}  // namespace dyce::ops
