// What the members of a model take in memory once they are compiled. A function.
#pragma once

#include "loaders/format/model_file.h"
#include "runtime/exec/executor.h"

#include <dyce/memory.h>

#include <memory>
#include <vector>

namespace dyce {

using CompiledMembers = std::vector<std::shared_ptr<const CompiledModel>>;

/// With an arena for each of `concurrent` batches. A null member takes nothing beyond its weights; one that is compiled
/// already shares that. Of a mapped file
/// only the pages count that kernels read where they lie: the others are given back once they are packed.
MemoryUse memory_use(const ModelData& model, const CompiledMembers& members, int concurrent);

}  // namespace dyce
