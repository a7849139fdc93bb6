#include "loaders/format/encode_tensors.h"

#include "loaders/format/encode_sparse.h"
#include "loaders/format/storage.h"

#include <cstring>

namespace dyce {
namespace {

using StorageKind = TensorStorage::Kind;

// Parts that grow from tensor to tensor. The order of names is the order in which they are read.
class PiecePool {
public:
    PiecePool(const std::map<std::string, Tensor>& tensors, const std::string& prefix)
        : tensors_(tensors), prefix_(prefix) {}

    std::string add_bytes(const char* name, const std::vector<std::byte>& bytes) {
        auto& all = bytes_[name];
        all.insert(all.end(), bytes.begin(), bytes.end());
        return free_name(name);
    }

    std::string add_floats(const char* name, const float* from, std::size_t count) {
        auto& all = floats_[name];
        all.insert(all.end(), from, from + count);
        return free_name(name);
    }

    void finish(StoredTensors& stored) const {
        for (const auto& [name, bytes] : bytes_) {
            Tensor tensor(DataType::kUint8, {static_cast<std::int64_t>(bytes.size())});
            if (!bytes.empty()) std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
            store(name, std::move(tensor), name == kIntegers ? "I8" : "", stored);
        }
        for (const auto& [name, floats] : floats_) {
            Tensor tensor(DataType::kFloat32, {static_cast<std::int64_t>(floats.size())});
            if (!floats.empty())
                std::memcpy(tensor.mutable_bytes(), floats.data(), floats.size() * sizeof(float));
            store(name, std::move(tensor), name == kNarrowValues || name == kNarrowScales ? "BF16" : "",
                  stored);
        }
    }

    static constexpr const char *kMask = "mask", *kGaps = "gaps", *kIntegers = "values.i8",
                                *kValues = "values", *kNarrowValues = "values.bf16", *kScales = "scales",
                                *kNarrowScales = "scales.bf16";

private:
    std::string free_name(std::string name) const {
        while (tensors_.count(name) != 0) name += "_";
        return prefix_ + name;
    }

    void store(const std::string& name, Tensor tensor, const std::string& type, StoredTensors& stored) const {
        const std::string in_file = free_name(name);
        stored.tensors.emplace(in_file, std::move(tensor));
        if (!type.empty()) stored.types[in_file] = type;
    }

    const std::map<std::string, Tensor>& tensors_;
    const std::string& prefix_;
    std::map<std::string, std::vector<std::byte>> bytes_;
    std::map<std::string, std::vector<float>> floats_;
};

bool add_sparse(const std::string& in_file, const Tensor& tensor, const TensorStorage& storage,
                PiecePool& parts, StoredTensors& stored) {
    const auto form = sparse_form(tensor, storage.scale);
    if (!form) return false;
    TensorEncoding encoding;
    encoding.kind = form->is_gaps ? TensorEncoding::Kind::kGaps : TensorEncoding::Kind::kMask;
    encoding.shape = tensor.shape();
    encoding.places = parts.add_bytes(form->is_gaps ? PiecePool::kGaps : PiecePool::kMask, form->places);
    if (const Tensor& scale = storage.scale; scale.elements() == 0) {
        encoding.values = parts.add_floats(is_narrow(tensor) ? PiecePool::kNarrowValues : PiecePool::kValues,
                                           form->values.data(), form->values.size());
    } else {
        encoding.values = parts.add_bytes(PiecePool::kIntegers, form->integers);
        encoding.scale = parts.add_floats(is_narrow(scale) ? PiecePool::kNarrowScales : PiecePool::kScales,
                                          scale.data<float>(), static_cast<std::size_t>(scale.elements()));
    }
    stored.encodings[in_file] = encoding;
    return true;
}

TensorEncoding same_as(const std::string& of) { return {TensorEncoding::Kind::kSame, of, {}, {}, {}, {}}; }

// A tensor that is the same as another one that is not.
bool add_same(const std::string& in_file, const Tensor& tensor, const std::string& of,
              const std::map<std::string, Tensor>& tensors, const TensorStorages& storages,
              const std::string& prefix, StoredTensors& stored) {
    const auto other = tensors.find(of);
    const auto others = storages.find(of);
    if (other == tensors.end() || (others != storages.end() && others->second.kind == StorageKind::kSame) ||
        !has_same_bits(tensor, other->second))
        return false;
    stored.encodings[in_file] = same_as(prefix + of);
    return true;
}

}  // namespace

void encode_tensors(const std::map<std::string, Tensor>& tensors, const TensorStorages& storages,
                    Precision storage, const std::string& prefix, StoredTensors& stored,
                    const std::map<std::string, std::string>& shared) {
    PiecePool parts(tensors, prefix);
    for (const auto& [name, tensor] : tensors) {
        const std::string in_file = prefix + name;
        if (const auto holder = shared.find(name); holder != shared.end()) {
            stored.encodings[in_file] = same_as(holder->second);
            continue;
        }
        const bool narrow = storage == Precision::kBfloat16 && is_weight(tensor);
        if (const auto told = storages.find(name); told != storages.end()) {
            const TensorStorage& how = told->second;
            if (how.kind == StorageKind::kSparse && add_sparse(in_file, tensor, how, parts, stored)) continue;
            if (how.kind == StorageKind::kSame && shared.count(how.of) == 0 &&
                add_same(in_file, tensor, how.of, tensors, storages, prefix, stored))
                continue;
            if (how.kind == StorageKind::kNarrow && is_narrow(tensor)) stored.types[in_file] = "BF16";
        }
        if (narrow) stored.types[in_file] = "BF16";
        stored.tensors.emplace(in_file, tensor);
    }
    parts.finish(stored);
}

}  // namespace dyce
