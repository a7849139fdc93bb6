#include "loaders/import/state_dict.h"

#include "graph/verify.h"
#include "loaders/format/safetensors.h"
#include "models/backbones.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace dyce {
namespace {

/// Gives a backbone its parameters out of a file, and keeps a list of what does not fit.
class StateDict {
public:
    explicit StateDict(const std::string& path) : file_(Safetensors::open(path)) {
        for (const std::string part : {"state_dict.", "model.", "module."})
            if (all_start_with(prefix_ + part)) prefix_ += part;
    }

    int classes(const Backbone& backbone) const {
        const auto found = file_.entries().find(prefix_ + std::string(backbone.classifier));
        // Whatever is wrong with the weight, take() lists it among everything else.
        if (found == file_.entries().end() || found->second.shape.rank() == 0) return 1;
        const std::int64_t rows = found->second.shape[0];
        if (rows > GraphLimits().classes)
            throw Error(
                ErrorCode::kResource, file_.path(),
                std::to_string(rows) + " classes, the limit is " + std::to_string(GraphLimits().classes));
        return std::max(1, static_cast<int>(rows));
    }

    /// A tensor without values where the file has none that fits.
    Tensor take(const std::string& name, const Shape& shape) {
        taken_.insert(prefix_ + name);
        const auto found = file_.entries().find(prefix_ + name);
        if (found == file_.entries().end()) {
            problems_.push_back("missing: " + name + " (" + shape.to_string() + ")");
        } else if (found->second.element->dtype != DataType::kFloat32) {
            problems_.push_back("wrong type: " + name + " is " +
                                std::string(found->second.element->safetensors) +
                                ", expected F32, F16, BF16 or F64");
        } else if (without_trailing_ones(found->second.shape) != without_trailing_ones(shape)) {
            problems_.push_back("wrong shape: " + name + " is " + found->second.shape.to_string() +
                                ", expected " + shape.to_string());
        } else {
            Tensor values = file_.tensor(found->first).reshaped(shape);
            if (all_finite(values)) return values;
            problems_.push_back("not finite: " + name + " has a NaN or an infinity");
        }
        return {DataType::kFloat32, shape, nullptr, nullptr};
    }

    void check_fit(const Backbone& backbone) {
        for (const auto& [name, entry] : file_.entries())
            if (taken_.count(name) == 0 && !name.ends_with(".num_batches_tracked"))
                problems_.push_back("unexpected: " + in_quotes(name) + " (" + entry.shape.to_string() + ")");
        if (problems_.empty()) return;
        std::string message = "not the weights of " + std::string(backbone.name) + ":";
        for (const std::string& problem : problems_) message += "\n  " + problem;
        throw Error(ErrorCode::kContent, file_.path(), message);
    }

private:
    bool all_start_with(const std::string& prefix) const {
        return std::all_of(file_.entries().begin(), file_.entries().end(),
                           [&](const auto& entry) { return entry.first.starts_with(prefix); });
    }

    static Shape without_trailing_ones(const Shape& shape) {
        const std::int64_t* end = shape.end();
        while (end != shape.begin() && end[-1] == 1) --end;
        return {shape.begin(), end};
    }

    static bool all_finite(const Tensor& tensor) {
        const float* values = tensor.data<float>();
        return std::all_of(values, values + tensor.elements(), [](float x) { return std::isfinite(x); });
    }

    Safetensors file_;
    std::string prefix_;  ///< that all names of the file share
    std::set<std::string> taken_;
    std::vector<std::string> problems_;
};

}  // namespace

Graph import_state_dict(const std::string& path, const std::string& architecture,
                        const std::optional<Shape>& input) {
    const Backbone& backbone = find_backbone(architecture);
    StateDict weights(path);
    const auto parameters = [&weights](const std::string& name, const Shape& shape) {
        return weights.take(name, shape);
    };
    Graph graph =
        build_backbone(backbone, parameters, weights.classes(backbone), input.value_or(backbone.input()));
    weights.check_fit(backbone);
    return graph;
}

}  // namespace dyce
