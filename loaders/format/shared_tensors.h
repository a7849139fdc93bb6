// Tensors that members with gates have in common with others: the file holds them once. A function.
#pragma once

#include "loaders/format/encode_tensors.h"
#include "loaders/format/model_file.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace dyce {

/// Of `tensors`, those of member `at`, the ones that a member before it has by the same name and to the bit, where one
/// of the two has gates; with the name of the tensor in the file, where `stored` has it. Other cascades are written as
/// they always were.
std::map<std::string, std::string> find_shared(const std::vector<Member>& members, std::size_t at,
                                               const std::map<std::string, Tensor>& tensors,
                                               const StoredTensors& stored);

}  // namespace dyce
