#include "graph/exits/import_sites.h"

#include "graph/exits/block_kind.h"
#include "graph/exits/channel_axis.h"
#include "graph/exits/stage_ends.h"
#include "graph/exits/token_facts.h"
#include "runtime/core/index.h"

#include <algorithm>

namespace dyce {
namespace {

bool lies_last(SiteLayout layout) {
    return layout == SiteLayout::kChannelsLast || layout == SiteLayout::kTokens;
}

// A site that may be taken, and the block that ends there.
struct BlockEnd {
    Site site;
    ValueId join;  // that the site is, or follows from
    BlockKind kind = BlockKind::kMixer;
    bool goes_on = false;  // it adds to the block end before it
    bool is_dropped = false;
};

class BlockEnds {
public:
    explicit BlockEnds(const BackboneValues& values) : values_(values), tokens_(find_token_facts(values)) {
        for (const Site& site : find_sites(values)) add_map(site);
        for (const ValueId value : values.made()) add_tokens(value);
        const auto earlier = [&](const BlockEnd& a, const BlockEnd& b) {
            return values_.maker(a.site.value) < values_.maker(b.site.value);
        };
        std::stable_sort(ends_.begin(), ends_.end(), earlier);
        for (std::size_t i = 0; i < ends_.size(); ++i) look_back(i);
        for (std::size_t i = 0; i < ends_.size(); ++i) drop_inner(i);
    }

    std::vector<Site> sites() const {
        std::vector<Site> sites;
        for (const BlockEnd& end : ends_)
            if (!end.is_dropped) sites.push_back(end.site);
        return sites;
    }

    Site described(ValueId value) const {
        Site site = site_at(values_, value);
        if (site.layout == SiteLayout::kTokens) site.tokens = tokens_[index(value)];
        if (site.layout == SiteLayout::kChannelsFirst && find_channel_axis(values_, value) == 3) {
            site.layout = SiteLayout::kChannelsLast;
            site.channels = values_.shape(value)[3];
        }
        return site;
    }

private:
    // A site of maps. Where channels lie last only heads that the network brings along make a site of it here.
    void add_map(const Site& found) {
        const Site site = described(found.value);
        if (lies_last(site.layout) && !values_.feeds_head(site.value)) return;
        ends_.push_back({site, join_of(site.value)});
    }

    // A sum of tokens, or of maps whose channels lie last.
    void add_tokens(ValueId value) {
        const int rank = values_.shape(value).rank();
        if (values_.shape(value)[0] != 1 || (rank != 3 && rank != 4)) return;
        if (rank == 3 && values_.feeds_head(value)) {
            ends_.push_back({described(value), value});
            return;
        }
        if (!is_sum(value)) return;
        const ValueId end = end_of(value);
        if (values_.alive(end) != 1 || values_.feeds_head(end)) return;
        if (find_channel_axis(values_, value) == rank - 1) ends_.push_back({described_last(end), value});
    }

    // Of what depends on the image; a position encoding may be laid out for each.
    bool is_sum(ValueId value) const {
        if (!values_.is_join(value)) return false;
        const auto& nodes = values_.graph().nodes;
        const Node& node = nodes[index(values_.maker(value))];
        return node.spec->name == "Add" &&
               std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
                   return values_.maker(id) >= 0 &&
                          nodes[index(values_.maker(id))].spec->name == "ExpandToBatch";
               });
    }

    // The activation or the normalisation along channels that alone reads the sum takes its place.
    ValueId end_of(ValueId sum) const {
        if (const ValueId activation = values_.activation_after(sum); activation >= 0) return activation;
        const Node* reader = values_.only_reader(sum);
        const bool is_normalised = reader != nullptr && reader->spec->name == "LayerNormalization" &&
                                   worked_axis(values_, *reader) == values_.shape(sum).rank() - 1;
        return is_normalised ? reader->outputs[0] : sum;
    }

    Site described_last(ValueId value) const {
        Site site = described(value);
        if (site.layout == SiteLayout::kChannelsFirst) site.layout = SiteLayout::kChannelsLast;
        site.channels = values_.shape(value)[values_.shape(value).rank() - 1];
        return site;
    }

    ValueId join_of(ValueId value) const {
        if (values_.is_join(value)) return value;
        const ValueId input = values_.graph().nodes[index(values_.maker(value))].inputs[0];
        return values_.is_join(input) ? input : value;
    }

    int axis_of(const Site& site) const {
        return lies_last(site.layout) ? values_.shape(site.value).rank() - 1 : 1;
    }

    void look_back(std::size_t at) {
        BlockEnd& end = ends_[at];
        if (at == 0) {
            end.kind = find_block_kind(values_, -1, -1, end.join);
            return;
        }
        const Site& before = ends_[at - 1].site;
        end.goes_on = adds_to(values_, end.join, before.value);
        end.kind = find_block_kind(values_, before.value, axis_of(before), end.join);
    }

    // Of the sums in a row that end in one on tokens, as of a transformer's block, that one remains: a mixer
    // (a position encoding), an attention, a mixer, and the part that works on each position.
    void drop_inner(std::size_t end) {
        if (!lies_last(ends_[end].site.layout) || ends_[end].kind == BlockKind::kAttention) return;
        std::size_t at = end;
        const auto drop = [&](BlockKind kind) {
            if (at == 0 || !ends_[at].goes_on || ends_[at - 1].kind != kind ||
                values_.feeds_head(ends_[at - 1].site.value))
                return false;
            ends_[--at].is_dropped = true;
            return true;
        };
        if (ends_[end].kind == BlockKind::kPointwise) drop(BlockKind::kMixer);
        if (drop(BlockKind::kAttention) && ends_[end].kind == BlockKind::kPointwise) drop(BlockKind::kMixer);
    }

    const BackboneValues& values_;
    std::vector<SiteTokens> tokens_;  // by value
    std::vector<BlockEnd> ends_;
};

// Every second one while there are too many.
std::vector<Site> thinned(std::vector<Site> sites) {
    while (sites.size() > kMaxSites) {
        std::vector<Site> kept;
        for (std::size_t i = 1; i < sites.size(); i += 2) kept.push_back(sites[i]);
        sites = std::move(kept);
    }
    return sites;
}

}  // namespace

std::vector<Site> find_import_sites(const Graph& graph) {
    const BackboneValues values(graph);
    const auto sites = BlockEnds(values).sites();
    return thinned(sites.empty() ? find_stage_ends(values) : sites);
}

std::vector<Site> find_import_sites(const Graph& graph, const std::vector<std::string>& names) {
    const BackboneValues values(graph);
    const BlockEnds ends(values);
    std::vector<Site> sites = find_sites(graph, names);
    for (Site& site : sites) site = ends.described(site.value);
    return sites;
}

std::vector<Site> possible_import_sites(const Graph& graph) {
    const BackboneValues values(graph);
    const BlockEnds ends(values);
    std::vector<Site> sites = possible_sites(values);
    for (Site& site : sites) site = ends.described(site.value);
    return sites;
}

}  // namespace dyce
