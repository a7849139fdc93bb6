// Where the answer of a request goes: a future, or a function of the caller. Owned by the request; one
// thread at a time.
#pragma once

#include <dyce/error.h>
#include <dyce/scheduler.h>

#include <exception>
#include <future>
#include <utility>
#include <variant>

namespace dyce {

/// What whoever takes a request back is told.
Error cancelled_error();

class Replier {
public:
    /// To whoever has future().
    Replier() = default;
    explicit Replier(Completion completion) : to_(std::move(completion)) {}

    std::future<Prediction> future() { return std::get<std::promise<Prediction>>(to_).get_future(); }

    /// At most one of these two, once.
    void answer(Prediction&& prediction);
    void fail(const std::exception_ptr& error);
    bool is_done() const { return is_done_; }

private:
    std::variant<std::promise<Prediction>, Completion> to_;
    bool is_done_ = false;
};

}  // namespace dyce
