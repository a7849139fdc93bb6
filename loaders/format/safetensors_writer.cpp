#include "loaders/format/json.h"
#include "loaders/format/safetensors.h"
#include "loaders/format/text.h"
#include "runtime/core/aligned.h"
#include "runtime/core/atomic_file.h"

#include <dyce/error.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace dyce {
namespace {

using Named = std::pair<const std::string, Tensor>;

// Sizes that keep the alignment first, then falling element sizes: every tensor is aligned to its element.
std::vector<const Named*> in_file_order(const std::map<std::string, Tensor>& tensors) {
    std::vector<const Named*> ordered;
    for (const Named& named : tensors) ordered.push_back(&named);
    const auto key = [](const Named* named) {
        const Tensor& tensor = named->second;
        const bool is_odd = tensor.byte_size() % kAlignment != 0;
        return std::pair(is_odd, is_odd ? 8 - size_of(tensor.dtype()) : 0);
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const Named* a, const Named* b) { return key(a) < key(b); });
    return ordered;
}

std::string header_text(const std::map<std::string, std::string>& metadata,
                        const std::vector<const Named*>& tensors) {
    std::string text = "{\"__metadata__\":" + canonical_text(metadata);
    std::size_t at = 0;
    for (const Named* named : tensors) {
        const auto& [name, tensor] = *named;
        check_tensor_name(name, "tensor " + in_quotes(name));
        const Json entry = {
            {"dtype", element_of(tensor.dtype()).safetensors},
            {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
            {"data_offsets", {at, at + tensor.byte_size()}}};
        text += "," + canonical_text(name) + ":" + canonical_text(entry);
        at += tensor.byte_size();
    }
    text += "}";
    const std::size_t size = 8 + text.size();
    return text.append(align_up(size) - size, ' ');
}

}  // namespace

void write_safetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                       const std::map<std::string, Tensor>& tensors) {
    const auto ordered = in_file_order(tensors);
    const std::string header = header_text(metadata, ordered);
    const SafetensorsLimits limits;
    if (header.size() > limits.header_bytes)
        throw Error(ErrorCode::kResource, path,
                    "the header would have " + std::to_string(header.size()) + " bytes, the limit is " +
                        std::to_string(limits.header_bytes));
    AtomicFile file(path);
    std::string length;
    for (unsigned byte = 0; byte < 8; ++byte) length += static_cast<char>(header.size() >> (8 * byte));
    file.write(length + header);
    for (const Named* named : ordered)
        file.write({static_cast<const std::byte*>(named->second.bytes()), named->second.byte_size()});
    file.commit();
}

}  // namespace dyce
