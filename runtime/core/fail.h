// The two errors that most readers and writers throw.
#pragma once

#include <string>

namespace dyce {

/// Throws Error{kContent}: what was read is wrong at `where`.
[[noreturn]] void fail_content(const std::string& where, const std::string& message);
/// Throws Error{kIo}: "cannot `action`: " and what the last system call says of itself.
[[noreturn]] void fail_system(const std::string& path, const std::string& action);

}  // namespace dyce
