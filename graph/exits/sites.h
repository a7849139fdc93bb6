// Where exits may read a network (docs/method.md, "Sites"). Pure functions of a graph.
#pragma once

#include "graph/exits/backbone_values.h"
#include "graph/exits/site_layout.h"

#include <cstddef>
#include <string>
#include <vector>

namespace dyce {

inline constexpr std::size_t kMaxSites = 256;  ///< of one network

/// Features that an exit head may read.
struct Site {
    ValueId value;
    std::string name;       ///< of the value
    std::int64_t channels;  ///< or features of a vector
    std::int64_t macs;      ///< multiply-adds of the backbone up to here, for one image
    SiteLayout layout = SiteLayout::kChannelsFirst;
    SiteTokens tokens = {};  ///< of tokens
};

/// A value of rank 4, 3 or 2, laid out as default_layout() says.
Site site_at(const BackboneValues& values, ValueId value);

/// The sites of a simplified graph whose post-ops are not fused yet, in execution order. The backbone is what
/// the first output needs. A site is a value of rank 4 that is the only one alive in the backbone and comes
/// out of an Add or Concat that joins computed values - taken after the activation when that is its only
/// reader - and every backbone value of rank 4 that nodes outside the backbone read (imported heads begin
/// there). Throws Error{kContent} when the graph's types do not fit.
std::vector<Site> find_sites(const Graph& graph);
std::vector<Site> find_sites(const BackboneValues& values);

/// The values called `names` instead of those of the rule, in execution order, laid out as default_layout()
/// says. Throws Error{kContent} naming the nearest where one is not a value of rank 4, or of rank 3 or 2 whose
/// first axis counts images, that the backbone computes, or is named twice.
std::vector<Site> find_sites(const Graph& graph, const std::vector<std::string>& names);

/// Every value that may be named so and holds what the backbone knows of one image.
std::vector<Site> possible_sites(const BackboneValues& values);

/// The same sites in a graph whose values have other ids by now.
std::vector<Site> find_again(const Graph& graph, const std::vector<Site>& sites);

/// Takes the site for one of that layout. Throws Error{kContent} naming it where its rank is another.
void set_layout(const Graph& graph, Site& site, SiteLayout layout);
void set_layout(const Shape& shape, Site& site, SiteLayout layout);
/// Says how its tokens stand. Throws Error{kContent} naming it where it is none of tokens, has no token behind
/// the prefix, or the grid has more or fewer cells than there are patches.
void set_tokens(const Graph& graph, Site& site, const SiteTokens& tokens);
void set_tokens(const Shape& shape, Site& site, const SiteTokens& tokens);

}  // namespace dyce
