#include "runtime/core/fail.h"

#include <dyce/error.h>

#include <cerrno>
#include <cstring>

namespace dyce {

void fail_content(const std::string& where, const std::string& message) {
    throw Error(ErrorCode::kContent, where, message);
}

void fail_system(const std::string& path, const std::string& action) {
    const int error = errno;
    throw Error(ErrorCode::kIo, path, "cannot " + action + ": " + std::strerror(error));
}

}  // namespace dyce
