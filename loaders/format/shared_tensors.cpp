#include "loaders/format/shared_tensors.h"

#include "graph/exits/gates.h"
#include "loaders/format/member_file.h"
#include "loaders/format/storage.h"

namespace dyce {
namespace {

// Under which name the file holds the numbers of `name`; empty where it has no such tensor.
std::string holder_of(const std::string& name, const StoredTensors& stored) {
    if (stored.tensors.count(name) != 0) return name;
    const auto encoded = stored.encodings.find(name);
    if (encoded == stored.encodings.end()) return "";
    return encoded->second.kind == TensorEncoding::Kind::kSame ? encoded->second.of : name;
}

}  // namespace

std::map<std::string, std::string> find_shared(const std::vector<Member>& members, std::size_t at,
                                               const std::map<std::string, Tensor>& tensors,
                                               const StoredTensors& stored) {
    std::map<std::string, std::string> shared;
    for (std::size_t m = 0; m < at; ++m) {
        if (!has_gates(members[m].exits) && !has_gates(members[at].exits)) continue;
        const std::string prefix = MemberNames(m, members.size()).prefix;
        for (const Value& value : members[m].graph.values) {
            if (!value.constant) continue;
            const auto own = tensors.find(value.name);
            if (own == tensors.end() || !has_same_bits(own->second, *value.constant)) continue;
            const std::string holder = holder_of(prefix + value.name, stored);
            if (!holder.empty()) shared.emplace(value.name, holder);
        }
    }
    return shared;
}

}  // namespace dyce
