#include "graph/exits/site_layout.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

namespace dyce {
namespace {

struct LayoutRow {
    SiteLayout layout;
    const char* name;
    int rank;
};

// The first one of a rank is its default.
constexpr LayoutRow kLayouts[] = {{SiteLayout::kChannelsFirst, "nchw", 4},
                                  {SiteLayout::kChannelsLast, "nhwc", 4},
                                  {SiteLayout::kTokens, "tokens", 3},
                                  {SiteLayout::kVector, "vector", 2}};

const LayoutRow& row_of(SiteLayout layout) {
    return *std::find_if(std::begin(kLayouts), std::end(kLayouts),
                         [&](const LayoutRow& row) { return row.layout == layout; });
}

template <class Predicate>
std::optional<SiteLayout> first_layout(const Predicate& is_wanted) {
    const auto row = std::find_if(std::begin(kLayouts), std::end(kLayouts), is_wanted);
    if (row == std::end(kLayouts)) return {};
    return row->layout;
}

// The side of the square of `count` cells; 0 when that is no square.
std::int64_t side_of_square(std::int64_t count) {
    const std::int64_t side = std::llround(std::sqrt(static_cast<double>(count)));
    return side * side == count ? side : 0;
}

ValueId append_view(Graph& graph, const char* op, ValueId input, Attributes attributes,
                    const std::string& name) {
    const ValueId output = graph.add_value(name);
    graph.nodes.push_back({find_op(op), name, std::move(attributes), {input}, {output}, {}});
    return output;
}

ValueId append_channels_first(Graph& graph, ValueId input, const std::string& prefix) {
    return append_view(graph, "Transpose", input, {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}},
                       prefix + ".map");
}

ValueId append_reshape(Graph& graph, ValueId input, std::int64_t a, std::int64_t b, std::int64_t c,
                       const std::string& name) {
    return append_view(graph, "Reshape", input, {{"shape", std::vector<std::int64_t>{0, a, b, c}}}, name);
}

ValueId append_tokens(Graph& graph, ValueId input, std::int64_t first, std::int64_t end,
                      const std::string& name) {
    using Ints = std::vector<std::int64_t>;
    return append_view(graph, "Slice", input,
                       {{"axes", Ints{1}}, {"ends", Ints{end}}, {"starts", Ints{first}}}, name);
}

}  // namespace

const char* name_of(SiteLayout layout) { return row_of(layout).name; }

int rank_of(SiteLayout layout) { return row_of(layout).rank; }

std::optional<SiteLayout> parse_site_layout(std::string_view name) {
    return first_layout([&](const LayoutRow& row) { return row.name == name; });
}

std::optional<SiteLayout> default_layout(int rank) {
    return first_layout([&](const LayoutRow& row) { return row.rank == rank; });
}

SiteMap map_of(const Shape& shape, SiteLayout layout, const SiteTokens& tokens) {
    switch (layout) {
        case SiteLayout::kChannelsFirst: return {shape[1], shape[2], shape[3], true};
        case SiteLayout::kChannelsLast: return {shape[3], shape[1], shape[2], true};
        case SiteLayout::kVector: return {shape[1], 1, 1, true};
        case SiteLayout::kTokens: break;
    }
    if (tokens.height > 0) return {shape[2], tokens.height, tokens.width, true};
    const std::int64_t patches = shape[1] - tokens.prefix, side = side_of_square(patches);
    if (side == 0) return {shape[2], patches, 1, false};
    return {shape[2], side, side, true};
}

ValueId append_map(Graph& graph, ValueId value, const Shape& shape, SiteLayout layout,
                   const SiteTokens& tokens, const std::string& prefix) {
    const SiteMap map = map_of(shape, layout, tokens);
    switch (layout) {
        case SiteLayout::kChannelsFirst: return value;
        case SiteLayout::kChannelsLast: return append_channels_first(graph, value, prefix);
        case SiteLayout::kVector: return append_reshape(graph, value, map.channels, 1, 1, prefix + ".map");
        case SiteLayout::kTokens: break;
    }
    if (tokens.prefix > 0) value = append_tokens(graph, value, tokens.prefix, shape[1], prefix + ".patches");
    const ValueId grid =
        append_reshape(graph, value, map.height, map.width, map.channels, prefix + ".tokens");
    return append_channels_first(graph, grid, prefix);
}

ValueId append_class_token(Graph& graph, ValueId value, const std::string& prefix) {
    return append_view(graph, "Flatten", append_tokens(graph, value, 0, 1, prefix + ".token"), {},
                       prefix + ".flatten");
}

}  // namespace dyce
