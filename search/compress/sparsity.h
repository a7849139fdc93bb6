// Which weights of a network in training are zero, chosen over all layers at once. One thread.
#pragma once

#include "graph/graph.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Weights of a convolution or a fully connected layer.
struct SparseLayer {
    std::string name;  ///< of the node
    ValueId weights;
    ValueId norm;       ///< output of the batch norm behind it; -1: none
    std::size_t begin;  ///< its first weight among those of all layers
    std::size_t count;
    double floor;     ///< share of the weights that stays in any case
    bool by_columns;  ///< outputs are the last dimension, as in a Gemm without transB
};

class Sparsity {
public:
    /// Layers of `graph`: constants that one Conv or Gemm alone reads. The first and the last keep half of their
    /// weights, the others a twentieth.
    explicit Sparsity(const Graph& graph);

    const std::vector<SparseLayer>& layers() const { return layers_; }
    std::size_t weights() const { return mask_.size(); }
    std::size_t kept() const;
    std::size_t kept(const SparseLayer& layer) const;

    /// Orders the weights that `graph` has now: by their share in the squares of all that are no smaller in their layer
    /// (LAMP: Lee et al., ICLR 2021), where what a batch norm behind makes of a filter counts.
    void rank(const Graph& graph);
    /// Keeps this share of all weights, as ranked; what was zero stays so, and so does what is frozen.
    void cut(double density);
    /// The layer is not cut any more; its weights where `kept` has a 1 are free again.
    void freeze(std::size_t layer, std::span<const float> kept);
    bool is_frozen(std::size_t layer) const { return frozen_[layer] != 0; }

    /// A 0 or 1 a weight, row-major, layer after layer.
    std::span<const float> mask() const { return mask_; }
    /// All that changes, for checkpoints.
    std::vector<std::span<float>> state() { return {mask_, frozen_}; }

    /// Zeros where the mask has them, in the layers of `graph`.
    void apply(Graph& graph) const;
    /// `graph` with the mask for weights, and ones for all other float32 constants.
    Graph as_graph(Graph graph) const;

private:
    struct Candidate {
        float score;
        std::uint32_t weight;
    };

    std::vector<SparseLayer> layers_;
    std::vector<float> mask_, frozen_;
    std::vector<float> held_;            // 1 where cut() must keep the weight
    std::vector<Candidate> candidates_;  // the others, best first
};

}  // namespace dyce
