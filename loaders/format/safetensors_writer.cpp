#include "loaders/format/json.h"
#include "loaders/format/safetensors.h"
#include "loaders/format/storage.h"
#include "runtime/core/aligned.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace dyce {
namespace {

// A tensor as the file holds it.
struct Stored {
    const std::string* name;
    const Tensor* tensor;
    const Element* element;

    std::size_t bytes() const { return static_cast<std::size_t>(tensor->elements()) * element->size; }
};

// Sizes that keep the alignment first, then falling element sizes: every tensor is aligned to its element.
std::vector<Stored> in_file_order(const std::map<std::string, Tensor>& tensors, const StoredTypes& types) {
    std::vector<Stored> ordered;
    for (const auto& [name, tensor] : tensors) {
        const auto type = types.find(name);
        ordered.push_back(
            {&name, &tensor,
             type != types.end() ? find_safetensors_element(type->second) : &element_of(tensor.dtype())});
    }
    const auto key = [](const Stored& stored) {
        const bool is_odd = stored.bytes() % kAlignment != 0;
        return std::pair(is_odd, is_odd ? 8 - stored.element->size : 0);
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const Stored& a, const Stored& b) { return key(a) < key(b); });
    return ordered;
}

std::string header_text(const std::map<std::string, std::string>& metadata,
                        const std::vector<Stored>& tensors) {
    std::string text = "{\"__metadata__\":" + canonical_text(metadata);
    std::size_t at = 0;
    for (const Stored& one : tensors) {
        check_tensor_name(*one.name, "tensor " + in_quotes(*one.name));
        const Shape& shape = one.tensor->shape();
        const Json entry = {{"dtype", one.element->safetensors},
                            {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                            {"data_offsets", {at, at + one.bytes()}}};
        text += "," + canonical_text(*one.name) + ":" + canonical_text(entry);
        at += one.bytes();
    }
    text += "}";
    const std::size_t size = 8 + text.size();
    return text.append(align_up(size) - size, ' ');
}

}  // namespace

void write_safetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                       const std::map<std::string, Tensor>& tensors, const StoredTypes& types) {
    const auto ordered = in_file_order(tensors, types);
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
    for (const Stored& one : ordered) {
        if (one.element->safetensors == "BF16")
            file.write(narrowed(*one.tensor));
        else
            file.write({static_cast<const std::byte*>(one.tensor->bytes()), one.bytes()});
    }
    file.commit();
}

ContainerSize size_of_safetensors(const std::map<std::string, std::string>& metadata,
                                  const std::map<std::string, Tensor>& tensors, const StoredTypes& types) {
    const auto ordered = in_file_order(tensors, types);
    ContainerSize size{8 + header_text(metadata, ordered).size()};
    for (const Stored& one : ordered) size.data += one.bytes();
    return size;
}

}  // namespace dyce
