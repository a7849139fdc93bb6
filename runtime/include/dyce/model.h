// A loaded model. A cheap handle to immutable data; share it freely between threads.
#pragma once

#include <dyce/configuration.h>
#include <dyce/export.h>
#include <dyce/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dyce {

struct ModelData;

class DYCE_API Model {
public:
    /// Opens a `.safetensors` file written by `dyce convert`; weights are mapped, not read.
    /// Throws Error{kIo}, Error{kContent} (names the field and what was expected) or Error{kResource}.
    static Model load(const std::string& path);
    /// The same from a copy of `size` bytes in memory; `name` stands for the path in error messages.
    static Model load_memory(const void* bytes, std::size_t size, const std::string& name = "model");
    /// The same without a copy: `owner` keeps the bytes alive as long as the model and whatever is made from
    /// it. A null owner leaves that to the caller. They must not change meanwhile; aligned to 64 bytes, as a
    /// mapped file is, weights are used where they lie.
    static Model load_borrowed(const void* bytes, std::size_t size, std::shared_ptr<const void> owner,
                               const std::string& name = "model");
    /// The small model for ten classes of images that the library carries (models/default.md), with a
    /// configuration set. Throws Error{kUnavailable} from a library that was built without it.
    static Model embedded();

    const std::string& architecture() const noexcept;
    /// Class names in the order of the logits; empty when the model has none.
    const std::vector<std::string>& labels() const noexcept;
    int classes() const noexcept;
    /// Shape of one preprocessed image: channels x height x width.
    Shape input_shape() const;
    /// Multiply-adds of one image through the whole network.
    std::int64_t macs() const noexcept;
    /// Number of parameters.
    std::int64_t parameters() const noexcept;
    /// Sites where images may exit before the final exit, through all members of a cascade; with the
    /// classifiers of all members but the last.
    int sites() const;
    /// The configuration set stored in the file; empty = there is none.
    const std::optional<ConfigurationSet>& configurations() const noexcept;
    /// 32 hexadecimal digits over graph and weights.
    const std::string& digest() const noexcept;
    /// 32 hexadecimal digits over the preprocessing recipe.
    const std::string& preprocess_digest() const noexcept;

    /// The same model under other class names. Throws Error{kUsage} when their number is not classes().
    Model with_labels(std::vector<std::string> labels) const;

private:
    friend struct ModelAccess;
    explicit Model(std::shared_ptr<const ModelData> data) : data_(std::move(data)) {}

    std::shared_ptr<const ModelData> data_;
};

}  // namespace dyce
