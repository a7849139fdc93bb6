#include "ops/spec/attributes.h"

#include <dyce/error.h>

namespace dyce {
namespace {

template <class T>
T get(const std::map<std::string, AttributeValue>& values, const std::string& name, T fallback) {
    const auto found = values.find(name);
    if (found == values.end()) return fallback;
    if (const T* value = std::get_if<T>(&found->second)) return *value;
    throw Error(ErrorCode::kContent, "attribute " + name,
                std::string("is of kind ") + name_of(kind_of(found->second)) + ", expected " +
                    name_of(kind_of(AttributeValue(fallback))));
}

}  // namespace

AttributeKind kind_of(const AttributeValue& value) { return static_cast<AttributeKind>(value.index()); }

const char* name_of(AttributeKind kind) {
    constexpr const char* kNames[] = {"int", "float", "string", "ints", "floats"};
    return kNames[static_cast<int>(kind)];
}

std::int64_t Attributes::integer(const std::string& name, std::int64_t fallback) const {
    return get(values_, name, fallback);
}
float Attributes::real(const std::string& name, float fallback) const { return get(values_, name, fallback); }
std::string Attributes::text(const std::string& name, const std::string& fallback) const {
    return get(values_, name, fallback);
}
std::vector<std::int64_t> Attributes::integers(const std::string& name,
                                               std::vector<std::int64_t> fallback) const {
    return get(values_, name, std::move(fallback));
}
std::vector<float> Attributes::reals(const std::string& name, std::vector<float> fallback) const {
    return get(values_, name, std::move(fallback));
}

}  // namespace dyce
