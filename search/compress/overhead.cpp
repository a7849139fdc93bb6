#include "search/compress/overhead.h"

#include "loaders/format/encode_tensors.h"

#include <map>
#include <set>
#include <string>

namespace dyce {

std::size_t overhead_bytes(const Member& member) {
    std::map<std::string, Tensor> tensors;
    for (const Value& value : member.graph.values)
        if (value.constant) tensors.emplace(value.name, *value.constant);
    StoredTensors stored;
    encode_tensors(tensors, member.storages, member.storage, "", stored);
    std::set<std::string> names;
    for (const auto& [name, encoding] : stored.encodings)
        for (const std::string& part : {encoding.places, encoding.scale}) names.insert(part);
    std::size_t bytes = 0;
    for (const std::string& name : names) {
        const auto tensor = stored.tensors.find(name);
        if (tensor == stored.tensors.end()) continue;
        const auto type = stored.types.find(name);
        const Element& element = type != stored.types.end() ? *find_safetensors_element(type->second)
                                                            : element_of(tensor->second.dtype());
        bytes += static_cast<std::size_t>(tensor->second.elements()) * element.size;
    }
    return bytes;
}

}  // namespace dyce
