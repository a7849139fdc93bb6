#include "loaders/format/model_file.h"

#include <dyce/error.h>
#include <dyce/model.h>

namespace dyce {

Model Model::load(const std::string& path) { return Model(load_model(path)); }

const std::string& Model::architecture() const noexcept { return data_->last().architecture; }
const std::vector<std::string>& Model::labels() const noexcept { return data_->labels; }
int Model::classes() const noexcept { return data_->classes; }
Shape Model::input_shape() const {
    return {3, data_->last().preprocess.height, data_->last().preprocess.width};
}
std::int64_t Model::macs() const noexcept { return data_->last().macs; }
std::int64_t Model::parameters() const noexcept { return data_->last().parameters; }
const std::string& Model::digest() const noexcept { return data_->digest; }
const std::string& Model::preprocess_digest() const noexcept { return data_->preprocess_digest; }

Model Model::with_labels(std::vector<std::string> labels) const {
    if (static_cast<int>(labels.size()) != classes())
        throw Error(ErrorCode::kUsage, "labels",
                    std::to_string(labels.size()) + " given, the model has " + std::to_string(classes()) +
                        " classes");
    auto copy = std::make_shared<ModelData>(*data_);
    copy->labels = std::move(labels);
    return Model(std::move(copy));
}

}  // namespace dyce
