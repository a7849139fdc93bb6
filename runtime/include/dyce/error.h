// The one exception type of dyce. Immutable; safe to copy between threads.
#pragma once

#include <dyce/export.h>

#include <stdexcept>
#include <string>

namespace dyce {

/// What kind of thing went wrong. Values below 100 are the exit codes of the `dyce` program, which ends with
/// 5 for the others: those tell who serves requests why one was not computed. A code never changes its value.
enum class ErrorCode {
    kUsage = 2,      ///< an argument, option or name given by the caller
    kContent = 3,    ///< a file that dyce reads is wrong in content
    kIo = 4,         ///< cannot open, read or write
    kResource = 5,   ///< out of memory, or over a documented limit
    kInternal = 70,  ///< a defect of dyce itself

    kOverloaded = 100,   ///< too many requests are waiting: try again later
    kCancelled = 101,    ///< the request was taken back, or the service was stopped
    kUnavailable = 102,  ///< the service cannot work here, though nothing is wrong with the request
    kExpired = 103,      ///< the request's deadline passed before its turn came
};

/// Thrown by every function of dyce that fails.
class DYCE_API Error : public std::runtime_error {
public:
    /// `where` names the file and the field, node or argument; `message` says what was found and
    /// what was expected. `what()` is "where: message".
    Error(ErrorCode code, const std::string& where, const std::string& message);

    ErrorCode code() const noexcept { return code_; }
    const std::string& where() const noexcept { return where_; }
    const std::string& message() const noexcept { return message_; }

private:
    ErrorCode code_;
    std::string where_;
    std::string message_;
};

}  // namespace dyce
