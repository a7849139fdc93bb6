// Ids count as int; containers want std::size_t.
#pragma once

#include <cstddef>

namespace dyce {

constexpr std::size_t index(int id) { return static_cast<std::size_t>(id); }

}  // namespace dyce
