#include "ops/spec/op.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

void check_count(const OpCall& call, const char* what, std::size_t count, int low, int high) {
    const auto n = static_cast<int>(count);
    if (n >= low && (high < 0 || n <= high)) return;
    std::string expected = std::to_string(low);
    if (high < 0)
        expected += " or more";
    else if (high != low)
        expected += " to " + std::to_string(high);
    call.fail("has " + std::to_string(n) + " " + what + ", expected " + expected);
}

void check_attributes(const OpSpec& spec, const OpCall& call) {
    for (const auto& [name, value] : call.attributes) {
        const auto known =
            std::find_if(spec.attributes.begin(), spec.attributes.end(),
                         [&wanted = name](const AttributeSpec& a) { return a.name == wanted; });
        if (known == spec.attributes.end())
            call.fail(std::string(spec.name) + " has no attribute \"" + name + "\"");
        if (kind_of(value) != known->kind)
            call.fail("attribute \"" + name + "\" is of kind " + name_of(kind_of(value)) + ", expected " +
                      name_of(known->kind));
    }
    for (const AttributeSpec& attribute : spec.attributes)
        if (attribute.required && !call.attributes.has(attribute.name))
            call.fail("attribute \"" + std::string(attribute.name) + "\" is missing");
}

// Sizes stay far from overflow in whatever an operator computes from them.
void check_sizes(const OpCall& call, std::span<const TensorType> types) {
    constexpr std::int64_t kMaxElements = std::int64_t{1} << 48;
    for (const TensorType& type : types)
        if (type.shape.elements() > kMaxElements ||
            std::any_of(type.shape.begin(), type.shape.end(),
                        [](std::int64_t dim) { return dim > kMaxElements; }))
            call.fail(type.shape.to_string() + " has more than 2^48 elements");
}

}  // namespace

void OpCall::fail(const std::string& message) const { throw Error(ErrorCode::kContent, where, message); }

const OpSpec* find_op(std::string_view name, std::string_view domain) {
    for (const OpSpec* spec : all_ops())
        if (spec->name == name && spec->domain == domain) return spec;
    return nullptr;
}

std::vector<TensorType> checked_infer(const OpSpec& spec, const OpCall& call) {
    check_count(call, "inputs", call.inputs.size(), spec.min_inputs, spec.max_inputs);
    check_count(call, "outputs", static_cast<std::size_t>(call.output_count), 1, spec.max_outputs);
    check_attributes(spec, call);
    try {
        check_sizes(call, call.inputs);
        auto types = spec.infer(call);
        check_sizes(call, types);
        return types;
    } catch (const Error& error) {  // of a shape or an attribute: say whose
        if (error.where() == call.where) throw;
        throw Error(error.code(), call.where + ": " + error.where(), error.message());
    }
}

}  // namespace dyce
