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

/// A head to attach. Of a group with one first matrix all have copies of one tensor there.
struct HeadWeights {
    int site = 0;
    /// As HeadType::widths() has them, inputs flattened in the order (channel, row, column) whatever the site's
    /// layout.
    std::vector<HeadLayer> layers;
    Tensor factors = {};  ///< of the pooled features, where the group has one first matrix: float32
};

/// Why the type cannot be had at the site; empty when it can. A vector has one position, tokens have a grid only
/// where it is known or they fill a square, a class token is there only before patches, and what a
/// group of heads has in common needs positions: a vector is none of its sites.
std::string head_misfit(const Graph& graph, const Site& site, const HeadType& type);
bool head_fits(const Graph& graph, const Site& site, const HeadType& type);

/// Adds a head to a simplified graph, with its own pool, as a new output called "exit.SITE.TYPE"; layer k
/// reads "exit.SITE.TYPE.fck.weight" and ".bias". A head of the same site and type goes. Throws Error{kUsage}
/// when site, grid or layers do not fit, Error{kResource} over a limit.
void attach_head(Graph& graph, ExitTable& exits, int site, const HeadType& type,
                 const std::vector<HeadLayer>& layers);

/// The same for the heads of a group, by rising site. One first matrix is one constant, which all of them
/// read under the name that the first one gave it; heads of other sites keep the matrix they had. Of a type
/// whose hidden numbers are added up, all heads that were there go: what is attached is the whole chain.
void attach_group(Graph& graph, ExitTable& exits, const HeadType& type,
                  const std::vector<HeadWeights>& heads);

/// Takes head `index` out of the table, and out of the graph what no other output needs. Throws Error{kUsage}
/// when another head is chained to it.
void remove_head(Graph& graph, ExitTable& exits, std::size_t index);

}  // namespace dyce
