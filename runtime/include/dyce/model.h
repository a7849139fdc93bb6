// A loaded model. A cheap handle to immutable data; share it freely between threads.
#pragma once

#include <dyce/export.h>
#include <dyce/tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace dyce {

struct ModelData;

class DYCE_API Model {
public:
    /// Opens a `.safetensors` file written by `dyce convert`; weights are mapped, not read.
    /// Throws Error{kIo}, Error{kContent} (names the field and what was expected) or Error{kResource}.
    static Model load(const std::string& path);

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
    /// 32 hexadecimal digits over graph and weights.
    const std::string& digest() const noexcept;
    /// 32 hexadecimal digits over the preprocessing recipe.
    const std::string& preprocess_digest() const noexcept;

    /// The same model under other class names. Throws Error{kUsage} when their number is not classes().
    Model with_labels(std::vector<std::string> labels) const;

    /// For dyce's own modules: what the handle holds.
    const std::shared_ptr<const ModelData>& data() const noexcept { return data_; }
    explicit Model(std::shared_ptr<const ModelData> data) : data_(std::move(data)) {}

private:
    std::shared_ptr<const ModelData> data_;
};

}  // namespace dyce
