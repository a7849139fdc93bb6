#include "loaders/import/state_dict.h"

#include "graph/verify.h"
#include "loaders/format/safetensors.h"
#include "models/backbones.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace dyce {
namespace {

/// Gives a backbone its parameters out of a file, and keeps a list of what does not fit.
class StateDict {
public:
    StateDict(const std::string& path, const Backbone& backbone)
        : file_(Safetensors::open(path)), backbone_(backbone) {
        std::string prefix;
        for (const std::string part : {"state_dict.", "model.", "module."})
            if (all_start_with(prefix + part)) prefix += part;
        for (const auto& [in_file, entry] : file_.entries()) {
            const std::string name = renamed(in_file.substr(prefix.size()));
            if (is_left_out(name) || names_.emplace(name, in_file).second) continue;
            problems_.push_back("twice: " + name + " is " + in_quotes(in_file) + ", too");
        }
    }

    int classes() const {
        const Safetensors::Entry* found = find(std::string(backbone_.classifier));
        // Whatever is wrong with the weight, take() lists it among everything else.
        if (found == nullptr || found->shape.rank() == 0) return 1;
        const std::int64_t rows = found->shape[0];
        if (rows > GraphLimits().classes)
            throw Error(
                ErrorCode::kResource, file_.path(),
                std::to_string(rows) + " classes, the limit is " + std::to_string(GraphLimits().classes));
        return std::max(1, static_cast<int>(rows));
    }

    /// A tensor without values where the file has none that fits.
    Tensor take(const std::string& name, const Shape& shape) {
        taken_.insert(name);
        const Safetensors::Entry* found = find(name);
        if (found == nullptr) {
            problems_.push_back("missing: " + name + " (" + shape.to_string() + ")");
        } else if (found->element->dtype != DataType::kFloat32) {
            problems_.push_back("wrong type: " + name + " is " + std::string(found->element->safetensors) +
                                ", expected F32, F16, BF16 or F64");
        } else if (without_trailing_ones(found->shape) != without_trailing_ones(shape)) {
            problems_.push_back("wrong shape: " + name + " is " + found->shape.to_string() + ", expected " +
                                shape.to_string());
        } else {
            Tensor values = file_.tensor(names_.at(name)).reshaped(shape);
            if (all_finite(values)) return values;
            problems_.push_back("not finite: " + name + " has a NaN or an infinity");
        }
        return {DataType::kFloat32, shape, nullptr, nullptr};
    }

    void check_fit() {
        for (const auto& [name, in_file] : names_)
            if (taken_.count(name) == 0)
                problems_.push_back("unexpected: " + in_quotes(in_file) + " (" +
                                    find(name)->shape.to_string() + ")");
        if (problems_.empty()) return;
        std::string message = "not the weights of " + std::string(backbone_.name) + ":";
        for (const std::string& problem : problems_) message += "\n  " + problem;
        throw Error(ErrorCode::kContent, file_.path(), message);
    }

private:
    bool all_start_with(const std::string& prefix) const {
        return std::all_of(file_.entries().begin(), file_.entries().end(),
                           [&](const auto& entry) { return entry.first.starts_with(prefix); });
    }

    /// Each old piece of a name as the backbone has it.
    std::string renamed(std::string name) const {
        for (const ParameterName& old : backbone_.old_names)
            if (const auto at = name.find(old.there); at != name.npos)
                name.replace(at, old.there.size(), old.here);
        return name;
    }

    bool is_left_out(const std::string& name) const {
        const auto& pieces = backbone_.left_out;
        return name.ends_with(".num_batches_tracked") ||
               std::any_of(pieces.begin(), pieces.end(),
                           [&](std::string_view piece) { return name.find(piece) != name.npos; });
    }

    /// By the backbone's name.
    const Safetensors::Entry* find(const std::string& name) const {
        const auto found = names_.find(name);
        return found == names_.end() ? nullptr : &file_.entries().at(found->second);
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
    const Backbone& backbone_;
    std::map<std::string, std::string> names_;  ///< the file's by the backbone's; none that is left out
    std::set<std::string> taken_;               ///< by the backbone
    std::vector<std::string> problems_;
};

}  // namespace

Graph import_state_dict(const std::string& path, const std::string& architecture,
                        const std::optional<Shape>& input) {
    const Backbone& backbone = find_backbone(architecture);
    StateDict weights(path, backbone);
    const auto parameters = [&weights](const std::string& name, const Shape& shape) {
        return weights.take(name, shape);
    };
    Graph graph = build_backbone(backbone, parameters, weights.classes(), input.value_or(backbone.input()));
    weights.check_fit();
    return graph;
}

}  // namespace dyce
