#include "runtime/session/replier.h"

#include <new>
#include <string>
#include <utility>

namespace dyce {
namespace {

Error as_error(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::kResource, "scheduler", "not enough memory");
    } catch (const std::exception& error) {
        return Error(ErrorCode::kInternal, "scheduler", error.what());
    }
}

// The worker has other requests to answer, whatever one caller's function does.
void call_completion(const Completion& completion, Reply reply) noexcept {
    try {
        completion(std::move(reply));
    } catch (...) {  // documented: it is dropped
    }
}

}  // namespace

Error cancelled_error() { return Error(ErrorCode::kCancelled, "request", "was cancelled by its caller"); }

void Replier::answer(Prediction&& prediction) {
    is_done_ = true;
    if (const auto* completion = std::get_if<Completion>(&to_))
        call_completion(*completion, Reply(std::move(prediction)));
    else
        std::get<std::promise<Prediction>>(to_).set_value(std::move(prediction));
}

void Replier::fail(const std::exception_ptr& error) {
    is_done_ = true;
    if (const auto* completion = std::get_if<Completion>(&to_))
        call_completion(*completion, Reply(as_error(error)));
    else
        std::get<std::promise<Prediction>>(to_).set_exception(error);
}

}  // namespace dyce
