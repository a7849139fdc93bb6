#include "ops/lowering/select_implementation.h"

namespace dyce::ops {
namespace {

constexpr const char* kNone = "none";

template <class Predicate>
onednn::Descriptor first_of(onednn::Descriptor candidates, Predicate fits) {
    bool more = static_cast<bool>(candidates);
    while (more && !fits(std::string_view(candidates.impl_info_str()))) more = candidates.next_impl();
    return more ? candidates : onednn::Descriptor();
}

}  // namespace

onednn::Descriptor select_implementation(onednn::Descriptor candidates, Lowering& lowering) {
    std::string& chosen = lowering.implementation();
    if (!chosen.empty()) {
        auto same = first_of(std::move(candidates), [&](std::string_view name) { return name == chosen; });
        if (!same && chosen != kNone) lowering.cannot_repeat();
        return same;
    }
    auto choice = skip_plain_loops(std::move(candidates));
    chosen = choice ? choice.impl_info_str() : kNone;
    return choice;
}

onednn::Descriptor skip_plain_loops(onednn::Descriptor candidates) {
    return first_of(std::move(candidates),
                    [](std::string_view name) { return name.find("ref:") == name.npos; });
}

onednn::Descriptor first_named(std::string_view name, onednn::Descriptor candidates) {
    return first_of(std::move(candidates), [&](std::string_view other) { return other.starts_with(name); });
}

void prefer(std::string_view name, onednn::Descriptor candidates, Lowering& lowering) {
    if (!lowering.implementation().empty()) return;
    if (const auto preferred = first_named(name, std::move(candidates)))
        lowering.implementation() = preferred.impl_info_str();
}

}  // namespace dyce::ops
