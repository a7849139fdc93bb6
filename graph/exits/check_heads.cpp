#include "graph/exits/exits.h"
#include "graph/exits/gates.h"
#include "graph/exits/head_nodes.h"
#include "graph/exits/skippable.h"
#include "runtime/core/index.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

namespace dyce {
namespace {

constexpr std::size_t kMaxTypesPerSite = 32;

[[noreturn]] void refuse(const ExitHead& head, const std::string& message) {
    throw Error(ErrorCode::kContent, "exit " + std::to_string(head.site) + ":" + head.type, message);
}

void check_limits(const ExitTable& exits) {
    if (exits.sites.size() > kMaxSites)
        throw Error(ErrorCode::kResource, "exit sites",
                    std::to_string(exits.sites.size()) + " sites, the limit is " + std::to_string(kMaxSites));
    for (std::size_t i = 0; i < exits.heads.size(); ++i) {
        const ExitHead& head = exits.heads[i];
        if (i > 0 && head.site < exits.heads[i - 1].site)
            refuse(head, "expected heads in the order of sites");
        const auto same_site = [&](const ExitHead& other) { return other.site == head.site; };
        const auto same_type = [&](const ExitHead& other) {
            return same_site(other) && other.type == head.type;
        };
        if (std::count_if(exits.heads.begin(), exits.heads.end(), same_type) > 1)
            refuse(head, "is there twice");
        if (std::count_if(exits.heads.begin(), exits.heads.end(), same_site) >
            static_cast<std::ptrdiff_t>(kMaxTypesPerSite))
            throw Error(ErrorCode::kResource, "exit site " + std::to_string(head.site),
                        "more than " + std::to_string(kMaxTypesPerSite) + " types");
    }
}

// What a head says about itself; `at` is its index.
void check_row(const Graph& graph, const ExitTable& exits, std::size_t at) {
    const ExitHead& head = exits.heads[at];
    if (head.type.empty()) refuse(head, "its type has no name");
    if (head.site < 0 || index(head.site) >= exits.sites.size())
        refuse(head, "expected a site of 0 to " + std::to_string(exits.sites.size()) + " (left out)");
    if (head.output < 1 || index(head.output) >= graph.outputs.size())
        refuse(head, "its logits are not an output of the graph besides the first");
    if (head.chain < -1 || head.chain >= static_cast<int>(at))
        refuse(head,
               "is chained to head " + std::to_string(head.chain) + ", expected one of those before it");
    const auto is_next = [&](const ExitHead& other) { return other.chain == static_cast<int>(at); };
    if (head.role == HeadRole::kFeed && std::none_of(exits.heads.begin(), exits.heads.end(), is_next))
        refuse(head, "is a feed, but no head is chained to it");
}

// What a head says about stages that rows skip.
void check_skips(const ExitTable& exits, const ExitHead& head, const std::vector<bool>& may_skip) {
    if (head.role != HeadRole::kGate) {
        if (head.skips >= 0) refuse(head, "skips a stage, which only gates do");
        return;
    }
    const auto next = index(head.site) + 1;
    if (next == exits.sites.size()) refuse(head, "is a gate, but behind its site there is no other one");
    if (head.skips != head.site + 1)
        refuse(head, "skips to site " + std::to_string(head.skips) + ", expected the next one, " +
                         std::to_string(head.site + 1));
    if (!may_skip[next])
        refuse(head, "skips a stage that nothing can stand for, expected one that adds to " +
                         in_quotes(exits.sites[index(head.site)].name) + " itself");
    const auto is_beside = [&](const ExitHead& other) {
        return &other != &head && other.site == head.site && other.role == HeadRole::kGate;
    };
    if (std::any_of(exits.heads.begin(), exits.heads.end(), is_beside))
        refuse(head, "is the second gate of its site");
}

void check_gates(const Graph& graph, const ExitTable& exits) {
    const auto may_skip = has_gates(exits) ? skippable(graph, exits.sites) : std::vector<bool>();
    for (const ExitHead& head : exits.heads) check_skips(exits, head, may_skip);
}

// Whether what a head reads and makes is what it says.
class HeadChecker {
public:
    HeadChecker(const Graph& graph, const ExitTable& exits, const HeadNodes& nodes)
        : graph_(graph), exits_(exits), nodes_(nodes), types_(infer_types(graph)) {
        const auto reads = [](const ExitHead& head) { return !head.reads.empty(); };
        if (std::none_of(exits.heads.begin(), exits.heads.end(), reads)) return;
        makers_ = find_producers(graph);
        for (std::size_t v = 0; v < graph.values.size(); ++v)
            values_.emplace(graph.values[v].name, static_cast<ValueId>(v));
    }

    void check(const ExitHead& head) const {
        check_logits(head);
        const std::set<ValueId> side = side_values(head);
        std::set<ValueId> unread = read_values(head);
        unread.insert(site_of(head));
        bool reads_side = false;
        for (const ValueId source : nodes_.sources(nodes_behind_side(head)))
            if (side.count(source) > 0)
                reads_side = true;
            else if (unread.erase(source) == 0)
                refuse(head, "reads " + quoted(source) + ", expected " + expected(head));
        if (head.chain >= 0) unread.erase(site_of(head));  // the head before it may have read all it needs
        if (!unread.empty()) refuse(head, "does not read " + quoted(*unread.begin()));
        if (head.chain >= 0 && !reads_side)
            refuse(head, "reads no value of the head before it in its chain, " + before(head).type);
    }

private:
    // What it needs beyond the backbone and the head before it.
    std::vector<bool> nodes_behind_side(const ExitHead& head) const {
        auto nodes = nodes_.needed_by(head.output);
        if (head.chain < 0) return nodes;
        const auto others = nodes_.needed_by(before(head).output);
        for (std::size_t n = 0; n < nodes.size(); ++n) nodes[n] = nodes[n] && !others[n];
        return nodes;
    }

    void check_logits(const ExitHead& head) const {
        if (head.role == HeadRole::kGate) return check_gate(head);
        if (head.role != HeadRole::kExit) return;
        const TensorType& type = types_[index(graph_.outputs[index(head.output)])];
        const TensorType& logits = types_[index(graph_.outputs[0])];
        if (type.dtype != logits.dtype || type.shape.elements() != logits.shape.elements())
            refuse(head, std::string("makes ") + name_of(type.dtype) + " " + type.shape.to_string() +
                             ", expected what the classifier makes: " + logits.shape.to_string());
    }

    // Two logits an image, of numbers that are some.
    void check_gate(const ExitHead& head) const {
        const TensorType& type = types_[index(graph_.outputs[index(head.output)])];
        const TensorType& logits = types_[index(graph_.outputs[0])];
        const Shape expected{logits.shape[0], kGateOutcomes};
        if (type.dtype != DataType::kFloat32 || type.shape != expected)
            refuse(head, std::string("makes ") + name_of(type.dtype) + " " + type.shape.to_string() +
                             ", expected one logit to skip and one to run: " + expected.to_string());
        const auto nodes = nodes_.needed_by(head.output);
        for (std::size_t n = 0; n < nodes.size(); ++n)
            for (const ValueId id : graph_.nodes[n].inputs)
                if (nodes[n] && !has_finite_numbers(id))
                    refuse(head, "reads " + quoted(id) + ", which has numbers that are not finite");
    }

    bool has_finite_numbers(ValueId id) const {
        const auto& constant = graph_.value(id).constant;
        if (!constant || constant->dtype() != DataType::kFloat32) return true;
        const float* numbers = constant->data<float>();
        return std::all_of(numbers, numbers + constant->shape().elements(),
                           [](float number) { return std::isfinite(number); });
    }

    // What the head before it makes.
    std::set<ValueId> side_values(const ExitHead& head) const {
        std::set<ValueId> values;
        if (head.chain < 0) return values;
        const auto nodes = nodes_.needed_by(before(head).output);
        for (std::size_t n = 0; n < nodes.size(); ++n)
            if (nodes[n]) values.insert(graph_.nodes[n].outputs.begin(), graph_.nodes[n].outputs.end());
        return values;
    }

    std::set<ValueId> read_values(const ExitHead& head) const {
        std::set<ValueId> values;
        for (const std::string& name : head.reads) {
            const auto found = values_.find(name);
            if (found == values_.end() || !is_alive(found->second, head))
                refuse(head,
                       "reads " + in_quotes(name) +
                           ", expected an input, or a value of the backbone that is made before its site");
            if (found->second == site_of(head) || !values.insert(found->second).second)
                refuse(head, "reads " + in_quotes(name) + " twice");
        }
        return values;
    }

    bool is_alive(ValueId value, const ExitHead& head) const {
        if (graph_.value(value).constant) return false;
        const NodeId maker = makers_[index(value)];
        return maker < 0 || (nodes_.backbone()[index(maker)] && maker <= makers_[index(site_of(head))]);
    }

    std::string expected(const ExitHead& head) const {
        std::string text = "its site " + quoted(site_of(head));
        for (const std::string& name : head.reads) text += ", " + in_quotes(name);
        return text + (head.chain < 0 ? "" : ", or a value of " + before(head).type);
    }

    const ExitHead& before(const ExitHead& head) const { return exits_.heads[index(head.chain)]; }
    ValueId site_of(const ExitHead& head) const { return exits_.sites[index(head.site)].value; }
    std::string quoted(ValueId value) const { return in_quotes(graph_.value(value).name); }

    const Graph& graph_;
    const ExitTable& exits_;
    const HeadNodes& nodes_;
    std::vector<TensorType> types_;
    std::vector<NodeId> makers_;                  // by value; only where heads read several
    std::map<std::string_view, ValueId> values_;  // by name; the same
};

std::int64_t sum_of(const std::vector<std::int64_t>& macs, const std::vector<bool>& nodes) {
    std::int64_t sum = 0;
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (nodes[n]) sum += macs[n];
    return sum;
}

}  // namespace

void complete_heads(const Graph& graph, ExitTable& exits) {
    check_limits(exits);
    for (std::size_t i = 0; i < exits.heads.size(); ++i) check_row(graph, exits, i);
    check_gates(graph, exits);
    const HeadNodes nodes(graph, exits.heads);
    const HeadChecker checker(graph, exits, nodes);
    const auto macs = macs_by_node(graph);
    for (std::size_t i = 0; i < exits.heads.size(); ++i) {
        checker.check(exits.heads[i]);
        exits.heads[i].macs = sum_of(macs, nodes.own(i));
        exits.heads[i].feed_macs = 0;
    }
    for (std::size_t n = 0; n < macs.size(); ++n)
        if (const int head = nodes.feeds()[n]; head >= 0) exits.heads[index(head)].feed_macs += macs[n];
}

}  // namespace dyce
