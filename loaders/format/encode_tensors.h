// The tensors of a member as a file holds them. A function.
#pragma once

#include "loaders/format/safetensors.h"
#include "loaders/format/tensor_encoding.h"
#include "runtime/core/precision.h"

#include <map>
#include <string>

namespace dyce {

/// What goes into the file.
struct StoredTensors {
    std::map<std::string, Tensor> tensors;
    StoredTypes types;
    TensorEncodings encodings;
};

/// Adds `tensors` to `stored`, all names preceded by `prefix`: as `storages` say where that gives them again, to the
/// bit, else as they are. Weights are bfloat16 where `storage` is. Sparse tensors share their parts: one for places, one
/// for values of a type, one for scales. Those that `shared` names are the same as a tensor that `stored` has: by the
/// tensor's own name, that one's in the file.
void encode_tensors(const std::map<std::string, Tensor>& tensors, const TensorStorages& storages,
                    Precision storage, const std::string& prefix, StoredTensors& stored,
                    const std::map<std::string, std::string>& shared = {});

}  // namespace dyce
