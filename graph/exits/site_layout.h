// How the numbers of a site are arranged, and as which map heads see them. Pure functions.
#pragma once

#include "graph/graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dyce {

/// Which axis of a value are channels and which are positions; the first one counts images.
enum class SiteLayout {
    kChannelsFirst,  ///< a map N x C x H x W
    kChannelsLast,   ///< a map N x H x W x C
    kTokens,         ///< N x T x C
    kVector,         ///< N x F: features at one position
};

/// "nchw", "nhwc", "tokens", "vector".
const char* name_of(SiteLayout layout);
std::optional<SiteLayout> parse_site_layout(std::string_view name);

/// Of values that are laid out so.
int rank_of(SiteLayout layout);
/// What a value of that rank is taken for unless somebody knows better; empty where it can be no site.
std::optional<SiteLayout> default_layout(int rank);

/// How the tokens of a site stand: the first `prefix` of them are no patches (class and register tokens), the
/// others fill a grid row by row.
struct SiteTokens {
    std::int64_t prefix = 0;
    std::int64_t height = 0, width = 0;  ///< of the grid; 0: a square, where so many tokens fill one

    friend bool operator==(const SiteTokens&, const SiteTokens&) = default;
};

/// A site as heads see it: N x channels x height x width.
struct SiteMap {
    std::int64_t channels, height, width;
    /// Whether positions have neighbours in two directions. Patches have them where their grid is known or they
    /// fill a square, row by row; else all of them stand in one column, which has a mean but no grid.
    bool is_grid;
};

/// `layout` fits the rank of `shape`, `tokens` its tokens.
SiteMap map_of(const Shape& shape, SiteLayout layout, const SiteTokens& tokens);

/// Appends the nodes, named from `prefix` on, that show a value of `shape` as that map, and returns their
/// result: `value` itself where it is N x C x H x W. They name axes, and move nothing but patches that stand
/// behind other tokens.
ValueId append_map(Graph& graph, ValueId value, const Shape& shape, SiteLayout layout,
                   const SiteTokens& tokens, const std::string& prefix);

/// Appends the nodes that show token 0 of a site of tokens as N x channels, and returns their result.
ValueId append_class_token(Graph& graph, ValueId value, const std::string& prefix);

}  // namespace dyce
