// What a Model holds, for the project's own modules and tests: users see the handle only.
#pragma once

#include "loaders/format/model_file.h"

#include <dyce/model.h>

#include <memory>
#include <utility>

namespace dyce {

struct ModelAccess {
    static Model make(std::shared_ptr<const ModelData> data) { return Model(std::move(data)); }
    static const std::shared_ptr<const ModelData>& data(const Model& model) { return model.data_; }
};

}  // namespace dyce
