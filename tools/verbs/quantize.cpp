// dyce quantize: measures the scales that --precision int8 computes with, and stores them in the model.
#include "runtime/core/ordered_work.h"
#include "runtime/core/worker_count.h"
#include "search/quantize/calibration.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/cli/progress.h"
#include "tools/verbs/train_options.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

// What one image is to the members, up to the one that could not take it.
struct Observation {
    std::vector<std::vector<Tensor>> values;  // by member
    std::string error;
};

Observation observe_image(const Dataset& images, std::int64_t number,
                          const std::vector<Calibration>& members) {
    Observation observation;
    try {
        const Image image = images.image(number);
        for (const Calibration& member : members) observation.values.push_back(member.observe(image));
    } catch (const Error& error) {
        observation.error = images.name(number) + ": " + error.what();
    }
    return observation;
}

// Two images of each worker are on their way at most.
std::size_t bytes_per_worker(const std::vector<Calibration>& members) {
    std::size_t bytes = 0;
    for (const Calibration& member : members) bytes += member.arena_bytes() + 2 * member.observed_bytes();
    return bytes;
}

// Evenly spread: lists are often sorted by class. Gives how many images could not be read.
std::int64_t show_images(const Dataset& images, std::int64_t count, int threads,
                         std::vector<Calibration>& members, bool quiet) {
    Progress progress("images", static_cast<std::size_t>(count), quiet);
    std::int64_t failed = 0;
    const auto observe = [&](std::size_t i, std::size_t) {
        return observe_image(images, static_cast<std::int64_t>(i) * images.size() / count, members);
    };
    const auto add = [&](std::size_t i, const Observation& observation) {
        for (std::size_t m = 0; m < observation.values.size(); ++m) members[m].add(observation.values[m]);
        if (!observation.error.empty()) {
            std::cerr << "dyce: " << observation.error << "\n";
            ++failed;
        }
        progress.update(i + 1);
    };
    const auto items = static_cast<std::size_t>(count);
    run_in_order(items, worker_count(threads, items, bytes_per_worker(members)), observe, add);
    if (failed == count)
        throw Error(ErrorCode::kContent, "--data",
                    "none of its " + std::to_string(count) + " images can be read");
    return failed;
}

int quantize(const Arguments& arguments) {
    const std::string source = arguments.only_positional("MODEL");
    const std::string data = data_of(arguments);
    const std::string output = output_of(arguments);
    check_outputs(arguments, {{"output", kPositionals}}, {"data"});
    const std::int64_t wanted = arguments.integer("images", 300, 1, 1'000'000);
    CalibrationOptions options;
    options.share = arguments.real("percentile", 100 * options.share, 50, 100) / 100;
    const int threads = static_cast<int>(arguments.integer("threads", 0, 1, 1024));

    ModelData model = *load_model(source);
    expect_one_class(model, "quantize");
    const auto images = open_data(data, model);
    std::vector<Calibration> members;
    for (const Member& member : model.members) members.emplace_back(member, options);
    const bool quiet = arguments.has("quiet");
    const std::int64_t shown = std::min(wanted, images->size());
    const std::int64_t failed = show_images(*images, shown, threads, members, quiet);

    bool changed = false;
    std::size_t values = 0;
    for (std::size_t m = 0; m < members.size(); ++m) {
        changed |= members[m].store(model.members[m].graph);
        values += members[m].values();
    }
    if (changed && model.configurations) {
        if (!quiet)
            std::cerr << "dyce: the set of configurations stored with the model is left out: it was made for "
                         "the model without these scales\n";
        model.configurations.reset();
    }
    save_model(output, model);
    if (!quiet)
        std::cerr << output << ": " << values << " values have scales, measured on " << shown - failed
                  << " images\n";
    if (arguments.has("json"))
        std::cout << nlohmann::ordered_json{{"schema", "dyce.quantize/1"},
                                            {"digest", load_model(output)->digest},
                                            {"values", values},
                                            {"images", shown - failed},
                                            {"failed", failed}}
                         .dump(2)
                  << "\n";
    return failed == 0 ? 0 : 1;
}

}  // namespace

const Verb kQuantize{
    "quantize",
    "quantize MODEL --data X -o OUT.safetensors",
    "measures on images what --precision int8 needs to know",
    {{"o,output", "FILE", "the model with its scales (replaced atomically; may be MODEL)"},
     {"data", "X", "images as they will be classified: as for eval, but not those that judge"},
     {"images", "N", "how many of them, evenly spread (300)"},
     {"percentile", "P", "share of a value's numbers that keep their magnitude; the rest is clipped (99.99)"},
     {"threads", "N",
      "images computed at the same time, each on one thread (all that this process may use)"}},
    quantize};

}  // namespace dyce
