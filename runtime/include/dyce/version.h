// Which release of dyce these headers belong to. CMake reads the numbers here. What a version promises:
// docs/versioning.md.
#pragma once

#define DYCE_VERSION_MAJOR 0
#define DYCE_VERSION_MINOR 1
#define DYCE_VERSION_PATCH 0

namespace dyce {

/// The same as text: what `dyce --version` prints behind the name.
inline constexpr const char kVersion[] = "0.1.0";

}  // namespace dyce
