#include "models/window_case.h"

#include "graph/builder.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

namespace dyce {
namespace {

constexpr std::string_view kWords[] = {"n", "c",  "d", "h",  "w",  "oc", "g",  "k",
                                       "s", "dl", "p", "pe", "kw", "sw", "dlw"};
constexpr std::int64_t kMaxNumber = 1 << 20;

std::string lower_case(std::string_view name) {
    std::string result(name);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

bool follows(const OpSpec& op) { return op.eltwise != nullptr || op.binary == BinaryKind::kAdd; }

/// The text taken apart, every word known and there once.
struct Words {
    const std::string& text;
    std::map<std::string, std::int64_t, std::less<>> numbers;
    std::vector<const OpSpec*> names;

    explicit Words(const std::string& whole) : text(whole) {
        const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
        for (auto at = text.begin(); at != text.end();) {
            if (*at == '_') {
                ++at;
                continue;
            }
            const auto digits = std::find_if(at, text.end(), [&](char c) { return is_digit(c) || c == '_'; });
            const auto end = std::find_if_not(digits, text.end(), is_digit);
            const std::string word(at, digits);
            if (digits == end)
                add_name(word);
            else
                add_number(word, {digits, end});
            at = end;
        }
    }

    std::int64_t get(std::string_view word, std::int64_t fallback) const {
        const auto found = numbers.find(word);
        return found == numbers.end() ? fallback : found->second;
    }

    [[noreturn]] void fail(const std::string& message) const {
        throw Error(ErrorCode::kUsage, "descriptor \"" + text + "\"", message);
    }

private:
    void add_name(const std::string& word) {
        std::vector<std::string> known;
        for (const OpSpec* op : all_ops()) {
            const bool pool = op->name == "MaxPool" || op->name == "AveragePool";
            if (!(pool && names.empty()) && !follows(*op)) continue;
            known.push_back(lower_case(op->name));
            if (known.back() == word) return names.push_back(op);
        }
        const std::vector<std::string_view> candidates(known.begin(), known.end());
        fail("no operator \"" + word + "\" here" + nearest_hint(word, candidates));
    }

    void add_number(const std::string& word, const std::string& digits) {
        if (std::find(std::begin(kWords), std::end(kWords), word) == std::end(kWords)) {
            std::string known;
            for (const std::string_view name : kWords) known += " " + std::string(name);
            fail("no word \"" + word + "\", expected one of" + known);
        }
        std::int64_t number = 0;
        const auto code = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
        if (code != std::errc() || number > kMaxNumber)
            fail(word + " is " + digits + ", expected at most " + std::to_string(kMaxNumber));
        if (!numbers.emplace(word, number).second) fail("\"" + word + "\" is given twice");
    }
};

/// Arbitrary values, the same every time.
Tensor filled(const Shape& shape) {
    Tensor result(DataType::kFloat32, shape);
    float* to = result.mutable_data<float>();
    for (std::int64_t i = 0; i < result.elements(); ++i) to[i] = static_cast<float>(i % 7 - 3) / 16;
    return result;
}

}  // namespace

WindowCase::WindowCase(const std::string& text) {
    const Words words(text);
    input = {words.get("n", 1), words.get("c", 1)};
    for (const char* axis : {"d", "h", "w"})
        if (words.get(axis, -1) >= 0) input.push_back(words.get(axis, 0));
    if (input.rank() == 2) words.fail("has no input size, expected w, h and w, or d, h and w");
    const auto rank = static_cast<std::size_t>(input.rank() - 2);
    const auto per_axis = [&](const std::string& word) {
        std::vector<std::int64_t> values(rank, words.get(word, 1));
        values.back() = words.get(word + "w", values.back());
        return values;
    };
    kernel = per_axis("k");
    strides = per_axis("s");
    dilations = per_axis("dl");
    pads.assign(rank, words.get("p", 0));
    pads.resize(2 * rank, words.get("pe", pads[0]));
    group = words.get("g", 1);
    outputs = words.get("oc", input[1]);
    if (group < 1 || input[1] % group != 0)
        words.fail("g is " + std::to_string(group) + ", expected a divisor of c");

    op = find_op("Conv");
    followers = words.names;
    if (followers.empty() || follows(*followers[0])) return;
    op = followers[0];
    followers.erase(followers.begin());
    if (words.get("oc", -1) >= 0 || words.get("g", -1) >= 0) words.fail("oc and g belong to Conv only");
}

Shape WindowCase::weights() const {
    Shape shape{outputs, input[1] / group};
    for (const std::int64_t k : kernel) shape.push_back(k);
    return shape;
}

Attributes WindowCase::attributes() const {
    return {{"kernel_shape", kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}};
}

Attributes WindowCase::conv_attributes() const {
    Attributes result = attributes();
    result.set("group", group);
    return result;
}

Graph WindowCase::graph() const {
    GraphBuilder builder(false);
    const bool conv = op->name == "Conv";
    std::vector<ValueId> inputs{builder.input("input", {DataType::kFloat32, input})};
    if (conv) {
        inputs.push_back(builder.constant("weights", filled(weights())));
        inputs.push_back(builder.constant("bias", filled({outputs})));
    }
    ValueId value = builder.add(op->name, inputs, conv ? conv_attributes() : attributes());
    for (const OpSpec* follower : followers) {
        std::vector<ValueId> operands{value};
        if (follower->binary == BinaryKind::kAdd)
            operands.push_back(builder.input("residual" + std::to_string(builder.graph().inputs.size()),
                                             builder.type(value)));
        value = builder.add(follower->name, operands);
    }
    builder.output(value);
    return std::move(builder).build();
}

}  // namespace dyce
