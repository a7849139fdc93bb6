#include "tools/bench/decoding.h"

#include "runtime/session/model_access.h"
#include "tools/bench/samples.h"
#include "tools/cli/inputs.h"

#include <dyce/error.h>
#include <dyce/image.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace dyce {
namespace {

using nlohmann::ordered_json;

// Milliseconds of each image in turn, over and over.
struct Times {
    std::vector<double> decode, prepare;
};

Times measure(const std::vector<std::string>& files, const Preprocess& recipe, double seconds) {
    std::vector<float> prepared(recipe.numbers());
    Times times;
    for (double spent = 0; spent < 1000 * seconds;)
        for (const std::string& file : files) {
            std::optional<Image> image;
            times.decode.push_back(time_ms([&] { image = Image::load(file); }));
            times.prepare.push_back(time_ms([&] { apply(recipe, *image, prepared.data()); }));
            spent += times.decode.back() + times.prepare.back();
        }
    return times;
}

}  // namespace

int bench_decoding(const Arguments& arguments, const Model& model) {
    for (const char* other : {"batch", "config", "data", "segments", "switch", "threads", "workers"})
        if (arguments.has(other))
            throw Error(ErrorCode::kUsage, "--decode", std::string("excludes --") + other);
    const auto [files, complaints] = expand_images({*arguments.text("decode")}, arguments.has("recursive"));
    if (files.empty())
        throw Error(ErrorCode::kUsage, "--decode", complaints.empty() ? "finds no image" : complaints[0]);
    const Times times = measure(files, ModelAccess::data(model)->last().preprocess,
                                arguments.real("duration", 2, 0.01, 3600));
    const Samples decode(times.decode), prepare(times.prepare);
    const double per_second =
        1000.0 * static_cast<double>(decode.count()) / (decode.total_ms() + prepare.total_ms());
    if (arguments.has("json")) {
        ordered_json document = {{"schema", "dyce.bench/1"}, {"results", ordered_json::array()}};
        document["pictures"] = {{"files", files.size()},
                                {"decode", decode.json()},
                                {"prepare", prepare.json()},
                                {"images_per_second", per_second}};
        document["host"] = host_json();
        std::cout << document.dump(2) << "\n";
        return 0;
    }
    std::printf(
        "%zu images on one thread: decoding takes %.3f ms, preparing %.3f ms (medians); %.1f images/s\n",
        files.size(), decode.median_ms(), prepare.median_ms(), per_second);
    return 0;
}

}  // namespace dyce
