// live_switching IMAGE [REQUESTS]: a server in small. A controller watches how long requests take and switches
// between the model's configurations while they are served: cheaper ones when the target is missed, more
// accurate ones when there is time. Prints which configuration answered how often.
#include <dyce/dyce.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kAtOnce = 32;  // requests on their way

void count(std::vector<std::future<dyce::Prediction>>& answers,
           std::map<std::string, int>& by_configuration) {
    for (auto& answer : answers) ++by_configuration[answer.get().configuration];
    answers.clear();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::fputs("usage: live_switching IMAGE [REQUESTS]\n", stderr);
        return 2;
    }
    const dyce::Image image = dyce::Image::load(argv[1]);
    const int requests = argc > 2 ? std::atoi(argv[2]) : 2000;

    const dyce::Model model = dyce::Model::embedded();
    dyce::SchedulerOptions options;
    options.engine.threads = 1;
    options.configuration = "most-accurate";       // to begin with
    options.policy = dyce::LatencyTarget{2000.0};  // microseconds, for 95 of 100 requests
    dyce::Scheduler scheduler(model, model.configurations().value(), options);

    std::map<std::string, int> by_configuration;
    std::vector<std::future<dyce::Prediction>> answers;
    for (int i = 0; i < requests; ++i) {
        answers.push_back(scheduler.submit(image));
        if (answers.size() == kAtOnce) count(answers, by_configuration);
    }
    count(answers, by_configuration);

    scheduler.stop();
    const dyce::SchedulerReport report = scheduler.report();
    std::printf("%llu answers, %llu switches\n", static_cast<unsigned long long>(report.answered),
                static_cast<unsigned long long>(report.switches));
    for (const auto& [name, answered] : by_configuration) std::printf("%6d by %s\n", answered, name.c_str());
    return 0;
} catch (const dyce::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
