// Exit heads built from their type's name: pool, flatten, a perceptron (docs/method.md, "Exit heads").
// Functions of the graph they are given; no state.
#pragma once

#include "graph/exits/exits.h"
#include "graph/exits/head_type.h"

#include <string>
#include <vector>

namespace dyce {

/// One linear layer: outputs x inputs weights and one bias an output, float32.
struct HeadLayer {
    Tensor weight, bias;
};

/// Why the type cannot be had at the site; empty when it can. A vector has one position, tokens have a grid only
/// where it is known or they fill a square, and a class token is there only before patches.
std::string head_misfit(const Graph& graph, const Site& site, const HeadType& type);
bool head_fits(const Graph& graph, const Site& site, const HeadType& type);

/// Adds a head to a simplified graph, with its own pool, as a new output called "exit.SITE.TYPE"; layer k
/// reads "exit.SITE.TYPE.fck.weight" and ".bias". A head of the same site and type goes. `layers` are as
/// HeadType::widths() has them, inputs flattened in the order (channel, row, column) whatever the site's
/// layout. Throws Error{kUsage} when site, grid or layers do not fit, Error{kResource} over a limit.
void attach_head(Graph& graph, ExitTable& exits, int site, const HeadType& type,
                 const std::vector<HeadLayer>& layers);

/// Takes head `index` out of the table, and out of the graph what no other output needs. Throws Error{kUsage}
/// when another head is chained to it.
void remove_head(Graph& graph, ExitTable& exits, std::size_t index);

}  // namespace dyce
