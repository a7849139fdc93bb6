#include "search/train/network/start_network.h"

#include "graph/exits/import_sites.h"
#include "graph/exits/skippable.h"
#include "graph/passes/passes.h"
#include "loaders/format/storage.h"
#include "loaders/image/presets.h"
#include "search/train/random.h"
#include "search/train/train_exits.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dyce {
namespace {

constexpr std::uint64_t kInitialisation = 2;  // purpose of the random numbers
constexpr float kFirstGateLogit = 1;          // of running, and minus that of skipping: 88 % run

Random random_for(const std::string& name, std::uint64_t seed) {
    std::uint64_t index = 0;
    for (const char c : name) index = index * 131 + static_cast<unsigned char>(c);
    return Random(seed, kInitialisation, index);
}

// Box and Muller, 1958.
float normal(Random& random) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return static_cast<float>(radius * std::cos(2 * std::numbers::pi * random.uniform()));
}

Tensor evenly_spread(const Shape& shape, double reach, Random random) {
    Tensor tensor(DataType::kFloat32, shape);
    float* to = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        to[i] = static_cast<float>(reach * (2 * random.uniform() - 1));
    return tensor;
}

Tensor first_values(const std::string& name, const Shape& shape, std::uint64_t seed) {
    Tensor tensor(DataType::kFloat32, shape);
    const double inputs =
        static_cast<double>(shape.elements()) / static_cast<double>(std::max<std::int64_t>(shape[0], 1));
    Random random = random_for(name, seed);
    if (shape.rank() == 2) return evenly_spread(shape, 1 / std::sqrt(inputs), random);
    float* to = tensor.mutable_data<float>();
    const bool is_one = name.ends_with(".weight") || name.ends_with(".running_var");
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        to[i] = shape.rank() == 1 ? static_cast<float>(is_one)
                                  : static_cast<float>(std::sqrt(2 / inputs)) * normal(random);
    return tensor;
}

// Hidden layers after He et al., uniform; the last layer begins at zero: all classes alike.
std::vector<HeadLayer> first_layers(const std::vector<std::int64_t>& widths, Random random) {
    std::vector<HeadLayer> layers;
    for (std::size_t k = 0; k + 1 < widths.size(); ++k) {
        const bool is_last = k + 2 == widths.size();
        const double reach = is_last ? 0 : std::sqrt(6.0 / static_cast<double>(widths[k]));
        layers.push_back({evenly_spread({widths[k + 1], widths[k]}, reach, Random(random.next(), 0)),
                          Tensor(DataType::kFloat32, {widths[k + 1]})});
    }
    return layers;
}

// Gates, or all others; a chain goes from its end.
void remove_heads(Member& member, bool gates) {
    for (std::size_t h = member.exits.heads.size(); h-- > 0;)
        if ((member.exits.heads[h].role == HeadRole::kGate) == gates)
            remove_head(member.graph, member.exits, h);
}

}  // namespace

Member start_network(const Backbone& backbone, int classes, std::uint64_t seed) {
    Member member;
    member.architecture = backbone.name;
    member.preprocess = preset(std::string(backbone.preset), backbone.side, backbone.side);
    member.graph = build_backbone(
        backbone,
        [&](const std::string& name, const Shape& shape) { return first_values(name, shape, seed); }, classes,
        backbone.input());
    member.parameters = count_parameters(member.graph);
    const auto names = backbone.site_names();
    member.exits = names.empty() ? find_exits_at(member.graph, find_import_sites(member.graph))
                                 : find_exits(member.graph, names);
    return member;
}

void start_heads(Member& member, int classes, const std::vector<HeadType>& types,
                 const std::vector<int>& sites, std::uint64_t seed,
                 const std::function<void(const std::string&)>& notice) {
    for (const HeadPlan& head : plan_heads(member, types, sites, notice)) {
        const std::int64_t channels = member.exits.sites[static_cast<std::size_t>(head.site)].channels;
        const std::string name = std::to_string(head.site) + head.type.name;
        attach_head(member.graph, member.exits, head.site, head.type,
                    first_layers(head.type.widths(channels, classes), random_for(name, seed)));
    }
}

void remove_gates(Member& member) { remove_heads(member, true); }

void remove_exits(Member& member) { remove_heads(member, false); }

void start_gates(Member& member, std::uint64_t seed) {
    remove_gates(member);
    const HeadType type = gate_type();
    const std::vector<bool> can_be_skipped = skippable(member.graph, member.exits.sites);
    for (std::size_t b = 1; b < can_be_skipped.size(); ++b) {
        if (!can_be_skipped[b]) continue;
        const int site = static_cast<int>(b) - 1;
        const std::int64_t channels = member.exits.sites[b - 1].channels;
        auto layers = first_layers(type.widths(channels, kGateOutcomes),
                                   random_for(std::to_string(site) + type.name, seed));
        layers.back().bias = Tensor::of({kGateOutcomes}, {-kFirstGateLogit, kFirstGateLogit});
        attach_head(member.graph, member.exits, site, type, layers);
    }
    if (std::none_of(can_be_skipped.begin(), can_be_skipped.end(), [](bool can) { return can; }))
        throw Error(ErrorCode::kUsage, "--gates", "the network has no stage that can be skipped");
}

Member finish_network(Member member) {
    simplify(member.graph);
    member.exits.sites = find_again(member.graph, member.exits.sites);
    complete_heads(member.graph, member.exits);
    if (member.storage == Precision::kBfloat16) round_weights(member.graph);
    return member;
}

}  // namespace dyce
