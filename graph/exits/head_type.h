// The names of exit heads that dyce builds and trains, and what they say (docs/method.md, "Exit heads"). Plain
// values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

/// How the heads of one type at several sites hang together.
struct HeadFamily {
    /// Which of them are one group, trained together: none, those whose maps are alike, all of a member.
    enum class Scope { kSite, kMap, kMember };

    const char* prefix = "";  ///< of the names of its types
    Scope scope = Scope::kSite;
    bool one_matrix = false;  ///< one first matrix for a group; each head has factors of its features
    bool sums = false;        ///< hidden numbers are added up from head to head: the group is a chain

    bool is_alone() const { return scope == Scope::kSite; }
};

/// Added to the variance of the features of one image where a head normalises them.
inline constexpr float kHeadNormEpsilon = 1e-5f;

/// What a type name like "norm-grid4-mlp2x128" says. All are pools, or a class token, followed by linear layers
/// with ReLU in between.
struct HeadType {
    std::string name;
    HeadFamily family = {};
    bool norm = false;         ///< the pooled features of an image get mean 0 and deviation 1
    bool class_token = false;  ///< token 0 instead of a pool
    int grid = 1;              ///< the pool's output is grid x grid; 1 = the global average
    int layers = 1;            ///< linear ones
    int hidden = 0;            ///< outputs of each linear layer but the last
    bool is_gate = false;      ///< its logits decide whether the stage behind its site runs

    /// Sizes from the pooled features to the logits: layers + 1 of them.
    std::vector<std::int64_t> widths(std::int64_t channels, std::int64_t classes) const;
};

/// Reads `^(norm-)?(cls-|grid[1-9][0-9]?-)?(linear|mlp[1-9]x[1-9][0-9]{0,4})$` and
/// `^(stage|shared)-grid[1-9][0-9]?-[1-9][0-9]{0,4}$`; empty when `name` is something else.
std::optional<HeadType> parse_head_type(std::string_view name);

/// "gate-ff16": `mlp2x16` with kGateOutcomes logits, after the gates of ConvNet-AIG (arXiv 1711.11503).
HeadType gate_type();

}  // namespace dyce
