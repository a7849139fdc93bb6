// What a child may do with what it inherits by fork().
#include "tests/runtime/session/exit_model.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace dyce;

#ifndef __SANITIZE_THREAD__  // it refuses threads in a child

namespace {

// How a child of this process ends after `work`, which says whether all went well.
int status_of_child(const std::function<bool()>& work) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);  // a hang ends by a signal
        _exit(work() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

const Image& image() {
    static const std::vector<Image> images = test::noise_images(1);
    return images[0];
}

}  // namespace

TEST_CASE("a child answers with the session it inherits as its parent does") {
    const Model model = test::exit_model();
    for (const int threads : {1, 2}) {
        Session session(model, {.threads = threads});
        const Prediction expected = session.classify(image(), 5);
        const auto agrees = [&] { return session.classify(image(), 5).prob == expected.prob; };
        CHECK(status_of_child(agrees) == 0);
        CHECK(status_of_child([&] { return agrees() && status_of_child(agrees) == 0; }) == 0);
        CHECK(agrees());
    }
}

TEST_CASE("a child is told that the scheduler it inherits has no workers, and may drop it") {
    SchedulerOptions options;
    options.workers = 2;
    std::optional<Scheduler> scheduler(std::in_place, test::exit_model(), options);
    scheduler->submit(image()).get();
    const auto refuses = [](const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code() == ErrorCode::kUnavailable;
        }
        return false;
    };
    CHECK(status_of_child([&] {
              const bool refused = refuses([&] { scheduler->submit(image()); }) &&
                                   refuses([&] { scheduler->set_configuration({}); });
              scheduler->stop();
              scheduler.reset();
              Scheduler own(test::exit_model());
              return refused && own.submit(image()).get().error.empty();
          }) == 0);
    CHECK(scheduler->submit(image()).get().error.empty());
}

#endif
