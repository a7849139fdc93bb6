#include "graph/exits/token_facts.h"

#include "runtime/core/index.h"

#include <algorithm>

namespace dyce {
namespace {

class TokenFacts {
public:
    explicit TokenFacts(const BackboneValues& values)
        : values_(values),
          facts_(values.graph().values.size()),
          is_of_no_image_(values.graph().values.size(), false) {
        for (std::size_t v = 0; v < is_of_no_image_.size(); ++v)
            is_of_no_image_[v] = values.graph().values[v].constant.has_value();
        for (const ValueId value : values.made()) add(value);
    }

    std::vector<SiteTokens> usable() {
        for (const ValueId value : values_.made()) {
            SiteTokens& facts = facts_[index(value)];
            const Shape& shape = values_.shape(value);
            if (shape.rank() != 3 || facts.prefix >= shape[1]) facts = {};
            const bool fits = facts.height * facts.width == shape[1] - facts.prefix;
            if (!fits || facts.height == facts.width) facts.height = facts.width = 0;
        }
        return std::move(facts_);
    }

private:
    void add(ValueId value) {
        const Node& node = values_.graph().nodes[index(values_.maker(value))];
        is_of_no_image_[index(value)] = depends_on_no_image(node);
        const Shape& shape = values_.shape(value);
        if (shape.rank() != 3) return;
        SiteTokens& facts = facts_[index(value)];
        if (is_of_no_image_[index(value)])
            facts.prefix = shape[1];
        else if (node.spec->name == "Concat" && node.attributes.integer("axis", 0) == 1)
            facts = joined(node);
        else if (node.spec->name == "Reshape" && values_.shape(node.inputs[0]).rank() == 4)
            facts = flattened(values_.shape(node.inputs[0]), shape);
        else
            facts = kept(node, shape);
    }

    bool depends_on_no_image(const Node& node) const {
        if (node.spec->name == "ExpandToBatch") return is_of_no_image_[index(node.inputs[0])];
        return std::all_of(node.inputs.begin(), node.inputs.end(),
                           [&](ValueId id) { return is_of_no_image_[index(id)]; });
    }

    // Whole inputs in front that are no patches, and those of the first that has some.
    SiteTokens joined(const Node& node) const {
        SiteTokens result;
        for (const ValueId id : node.inputs) {
            const SiteTokens& facts = facts_[index(id)];
            const std::int64_t count = values_.shape(id)[1];
            const std::int64_t prefix = is_of_no_image_[index(id)] ? count : facts.prefix;
            result.prefix += prefix;
            if (prefix < count) return {result.prefix, facts.height, facts.width};
        }
        return result;
    }

    // N x C x H x W or N x H x W x C, two axes become one.
    static SiteTokens flattened(const Shape& from, const Shape& to) {
        for (const int axis : {1, 2})
            if (to[axis] == from[axis] * from[axis + 1] && to[3 - axis] == from[axis == 1 ? 3 : 1])
                return {0, from[axis], from[axis + 1]};
        return {};
    }

    // Of the inputs that show images; one of a sum may have lost sight of it on its way through an attention.
    SiteTokens kept(const Node& node, const Shape& shape) const {
        SiteTokens result;
        for (const ValueId id : node.inputs) {
            const Shape& from = values_.shape(id);
            if (is_of_no_image_[index(id)] || from.rank() != 3) continue;
            SiteTokens facts = facts_[index(id)];
            if (node.spec->name == "Slice")
                facts.prefix = prefix_of_slice(node, facts.prefix, from[1], shape[1]);
            else if (from[1] != shape[1])
                facts.prefix = 0;
            result.prefix = std::max(result.prefix, facts.prefix);
            if (result.height == 0) {
                result.height = facts.height;
                result.width = facts.width;
            }
        }
        return result;
    }

    // Which of the tokens taken are of the prefix.
    static std::int64_t prefix_of_slice(const Node& node, std::int64_t prefix, std::int64_t from,
                                        std::int64_t count) {
        const auto starts = node.attributes.integers("starts");
        auto axes = node.attributes.integers("axes");
        for (std::size_t i = 0; axes.size() < starts.size(); ++i)
            axes.push_back(static_cast<std::int64_t>(i));
        std::int64_t start = 0;
        for (std::size_t i = 0; i < axes.size(); ++i)
            if (axes[i] == 1 || axes[i] == -2) start = starts[i] < 0 ? starts[i] + from : starts[i];
        return std::clamp<std::int64_t>(prefix - start, 0, count);
    }

    const BackboneValues& values_;
    std::vector<SiteTokens> facts_;     // by value
    std::vector<bool> is_of_no_image_;  // by value
};

}  // namespace

std::vector<SiteTokens> find_token_facts(const BackboneValues& values) { return TokenFacts(values).usable(); }

}  // namespace dyce
