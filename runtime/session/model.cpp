#include <dyce/model.h>

#include "loaders/format/model_file.h"
#include "runtime/core/aligned.h"
#include "runtime/session/model_access.h"

#include <dyce/error.h>

#include <cstring>

namespace dyce {

Model Model::load(const std::string& path) { return Model(load_model(path)); }

Model Model::load_memory(const void* bytes, std::size_t size, const std::string& name) {
    const std::shared_ptr<std::byte> copy = allocate_aligned(size);
    if (size > 0) std::memcpy(copy.get(), bytes, size);
    return load_borrowed(copy.get(), size, copy, name);
}

Model Model::load_borrowed(const void* bytes, std::size_t size, std::shared_ptr<const void> owner,
                           const std::string& name) {
    // Tensors are views of memory that has an owner; of memory without one they would be copies.
    if (owner == nullptr) owner = std::shared_ptr<const void>(bytes, [](const void*) {});
    return Model(
        load_model(Safetensors::parse(name, {static_cast<const std::byte*>(bytes), size}, std::move(owner))));
}

const std::string& Model::architecture() const noexcept { return data_->last().architecture; }
const std::vector<std::string>& Model::labels() const noexcept { return data_->labels; }
int Model::classes() const noexcept { return data_->classes; }
Shape Model::input_shape() const { return data_->last().preprocess.shape(); }
std::int64_t Model::macs() const noexcept { return data_->last().macs; }
std::int64_t Model::parameters() const noexcept { return data_->last().parameters; }
int Model::sites() const { return static_cast<int>(data_->positions().size()) - 1; }
const std::optional<ConfigurationSet>& Model::configurations() const noexcept {
    return data_->configurations;
}
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
