#include "loaders/import/onnx/node_order.h"

#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>

namespace dyce {
namespace {

constexpr std::size_t kMaxNameBytes = 512;

std::vector<std::string> all_reads(const OnnxNode& node) {
    std::vector<std::string> names = node.inputs;
    names.insert(names.end(), node.captured.begin(), node.captured.end());
    return names;
}

/// Which node reads which, by index into model.nodes.
class Order {
public:
    explicit Order(OnnxModel& model) : model_(model) {
        for (const auto& [name, tensor] : model.constants) given_.insert(name);
        for (const OnnxInput& input : model.inputs)
            if (!given_.insert(input.name).second)
                fail("two graph inputs have the name " + in_quotes(input.name));
    }

    void check_names() {
        for (const std::string& name : given_) check_onnx_name(name, model_.path);
        for (std::size_t i = 0; i < model_.nodes.size(); ++i)
            for (const std::string& name : model_.nodes[i].outputs) {
                if (name.empty()) continue;
                check_onnx_name(name, model_.path);
                if (given_.count(name) != 0 || !makers_.emplace(name, i).second)
                    fail(describe(model_.nodes[i]) + " makes " + in_quotes(name) + ", which exists already");
            }
        std::set<std::string> outputs;
        for (const std::string& name : model_.outputs) {
            if (!outputs.insert(name).second) fail("graph output " + in_quotes(name) + " is listed twice");
            if (given_.count(name) == 0 && makers_.count(name) == 0)
                fail("graph output " + in_quotes(name) + " is made by no node");
        }
    }

    std::vector<OnnxNode> sorted() {
        find_edges();
        std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
        for (std::size_t i = 0; i < missing_.size(); ++i)
            if (missing_[i] == 0) ready.push(i);
        std::vector<OnnxNode> result;
        while (!ready.empty()) {
            const std::size_t i = ready.top();
            ready.pop();
            result.push_back(std::move(model_.nodes[i]));
            for (std::size_t reader : readers_[i])
                if (--missing_[reader] == 0) ready.push(reader);
        }
        if (result.size() < missing_.size()) refuse_circle();
        return result;
    }

private:
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kContent, model_.path, message);
    }

    void find_edges() {
        readers_.resize(model_.nodes.size());
        missing_.resize(model_.nodes.size(), 0);
        for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
            for (const std::string& name : model_.nodes[i].inputs) add_edge(name, i);
            for (const std::string& name : model_.nodes[i].captured) add_edge(name, i);
        }
    }

    void add_edge(const std::string& name, std::size_t reader) {
        if (name.empty() || given_.count(name) != 0) return;
        const auto maker = makers_.find(name);
        if (maker == makers_.end())
            fail(describe(model_.nodes[reader]) + " reads " + in_quotes(name) + ", which nothing makes");
        readers_[maker->second].push_back(reader);
        ++missing_[reader];
    }

    // Among the nodes that never became ready, walking from any to one it waits for ends up in a circle.
    [[noreturn]] void refuse_circle() const {
        const auto waits = [this](std::size_t i) { return missing_[i] > 0; };
        std::size_t at = 0;
        while (!waits(at)) ++at;
        for (std::set<std::size_t> seen; seen.insert(at).second;)
            for (const std::string& name : all_reads(model_.nodes[at])) {
                const auto maker = makers_.find(name);
                if (maker == makers_.end() || !waits(maker->second)) continue;
                at = maker->second;
                break;
            }
        fail("the graph has a cycle through " + describe(model_.nodes[at]));
    }

    OnnxModel& model_;
    std::set<std::string> given_;                          ///< graph inputs and initializers
    std::unordered_map<std::string, std::size_t> makers_;  ///< value name -> node
    std::vector<std::vector<std::size_t>> readers_;        ///< node -> nodes that read it
    std::vector<int> missing_;                             ///< inputs of a node that are not made yet
};

}  // namespace

void check_onnx_name(const std::string& name, const std::string& path) {
    const auto fail = [&](const std::string& message) { throw Error(ErrorCode::kContent, path, message); };
    if (name.empty()) fail("a graph input or initializer has no name");
    if (name.size() > kMaxNameBytes)
        fail("the name " + in_quotes(name) + " has " + std::to_string(name.size()) + " bytes, the limit is " +
             std::to_string(kMaxNameBytes));
    if (!is_printable_utf8(name)) fail("the name " + in_quotes(name) + " is not printable UTF-8");
}

void put_in_order(OnnxModel& model) {
    Order order(model);
    order.check_names();
    model.nodes = order.sorted();
}

}  // namespace dyce
