// dyce search: from a record to a set of configurations.
#include "tools/verbs/search_options.h"

#include "loaders/format/model_file.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/threads.h"
#include "runtime/flow/exit_score.h"
#include "search/methods/front.h"
#include "search/methods/sort_by_confidence.h"
#include "tools/cli/output_paths.h"
#include "tools/cli/record_argument.h"
#include "tools/cli/search_csv.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;

// Each configuration once.
std::vector<Solution> distinct(std::vector<Solution> solutions) {
    const auto key = [](const Solution& solution) {
        std::vector<std::pair<int, double>> pairs;
        for (const Choice& choice : solution.choices)
            pairs.emplace_back(choice.column, choice.on() ? choice.threshold : 0);
        return pairs;
    };
    std::sort(solutions.begin(), solutions.end(),
              [&](const Solution& a, const Solution& b) { return key(a) < key(b); });
    solutions.erase(std::unique(solutions.begin(), solutions.end(),
                                [](const Solution& a, const Solution& b) { return a.choices == b.choices; }),
                    solutions.end());
    return solutions;
}

// Everything that was found, rated on the validation data: first what belongs to the lambdas, then the
// others.
std::vector<RatedConfiguration> rate_all(const SearchResult& found, const std::vector<double>& lambdas,
                                         const SearchData& data, const CostTable& costs,
                                         const Rating& rating) {
    auto rated = rate(found.by_lambda, lambdas, data.validation, costs, rating);
    std::vector<Solution> others = found.others;
    others.push_back({Choices(data.searched.meta.final_position())});  // exits off
    const auto more = rate(distinct(std::move(others)), {}, data.validation, costs, rating);
    rated.insert(rated.end(), more.begin(), more.end());
    return rated;
}

ConfigurationSet::Contents describe(const SearchData& data, const CostTable& costs) {
    const RecordMeta& meta = data.validation.meta;
    const Simulation base = Evaluator(data.validation, costs).base();
    ConfigurationSet::Contents contents;
    contents.model_digest = meta.model_digest;
    contents.preprocess_digest = meta.preprocess_digest;
    contents.precision = meta.precision;
    contents.cost_unit = costs.unit;
    contents.split = data.split;
    contents.validated = data.validated;
    contents.base = {base.accuracy, meta.base_macs(), costs.base()};
    return contents;
}

std::vector<Configuration> promised(const Arguments& arguments, std::vector<Configuration> front,
                                    const SearchData& data, const CostTable& costs, ordered_json& notes) {
    if (!arguments.has("min-accuracy")) {
        for (const char* option : {"confidence", "calibrate"})
            if (arguments.has(option))
                throw Error(ErrorCode::kUsage, std::string("--") + option, "needs --min-accuracy");
        return front;
    }
    const double least = arguments.real("min-accuracy", 0, 0, 1);
    const double confidence = arguments.real("confidence", 0.95, 0.5, 1 - 1e-9);
    const auto path = arguments.text("calibrate");
    if (!path)
        throw Error(ErrorCode::kUsage, "--calibrate",
                    "is missing: a record that neither the search nor the validation has seen");
    const Record calibration = open_record(arguments, *path);
    check_same_exits(data.searched, calibration, *path);
    notes["promise"] = {{"min_accuracy", least}, {"confidence", confidence}, {"calibrated", *path}};
    return certify_accuracy(std::move(front), Evaluator(calibration, costs), least, confidence);
}

void write_csv(const std::string& path, const SearchResult& found, const std::vector<Objective>& objectives,
               const std::vector<RatedConfiguration>& validated, const SearchData& data,
               const CostTable& costs, const Rating& rating) {
    SearchTable table;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
        table.lambdas.push_back(objectives[i].lambda);
        table.objectives.push_back(value_of(objectives[i], found.by_lambda[i]));
    }
    table.searched = rate(found.by_lambda, table.lambdas, data.searched, costs, rating);
    table.validated = validated;
    table.searched_base_accuracy = Evaluator(data.searched, costs).base().accuracy;
    table.validated_base_accuracy = Evaluator(data.validation, costs).base().accuracy;
    AtomicFile file(path);
    file.write(search_csv(table));
    file.commit();
}

void embed(const std::string& path, const ConfigurationSet& set) {
    ModelData model = *load_model(path);
    const ConfigurationSet::Contents& contents = set.contents();
    if (contents.model_digest != model.digest || contents.preprocess_digest != model.preprocess_digest)
        throw Error(ErrorCode::kUsage, "--embed " + path, "the record is of another model or preprocessing");
    model.configurations = set;
    save_model(path, model);
}

void report(const Arguments& arguments, const ConfigurationSet& set, const std::string& method,
            double seconds) {
    const ConfigurationSet::Contents& contents = set.contents();
    if (arguments.has("json")) {
        const ordered_json document = {{"schema", "dyce.search/1"},
                                       {"method", method},
                                       {"seconds", seconds},
                                       {"set", ordered_json::parse(set.text())}};
        std::cout << document.dump(2) << "\n";
        return;
    }
    if (arguments.has("quiet")) return;
    std::printf("%zu configurations in %.1f s; on %s, the backbone alone: %.2f %% right\n",
                contents.configurations.size(), seconds, contents.validated.c_str(),
                100 * contents.base.accuracy);
    for (const char* keyword : {"fastest", "balanced", "most-accurate"}) {
        const Configuration& c = set.at(keyword);
        std::printf("  %-14s %s  %.2f %% right  cost %.1f %%  %zu exits\n", keyword, c.name.c_str(),
                    100 * c.accuracy, 100 * c.relative_cost, c.exits.size());
    }
}

int search(const Arguments& arguments) {
    const auto start = std::chrono::steady_clock::now();
    const auto output = arguments.text("output");
    const auto embedded = arguments.text("embed");
    const auto csv = arguments.text("csv");
    if (!output && !embedded && !csv)
        throw Error(ErrorCode::kUsage, "--output", "is missing: -o SET.configs.json, or --csv FILE");
    check_outputs(arguments, {{"output"}, {"csv"}, {"embed", "model"}},
                  {"validate", "calibrate", "costs", "latency", "model"});
    const SearchMethod& method = choose_method(arguments);
    const auto lambdas = choose_lambdas(arguments);
    Rating rating;
    rating.threads = static_cast<int>(arguments.integer("threads", available_threads(), 1, 1024));
    rating.conservative = arguments.has("conservative");
    SearchData data = read_search_data(arguments);
    if ((output || embedded) && data.searched.meta.model_digest.empty())
        throw Error(ErrorCode::kUsage, "--output",
                    "the record does not say which model it is of: give --model MODEL, or only --csv FILE");
    const CostTable costs = choose_costs(arguments, data.searched);
    const std::size_t score = choose_score(arguments, data.searched);
    rating.score = data.searched.scores[score];
    data.searched = sort_by_confidence(std::move(data.searched), score);
    const bool normalised =
        arguments.choice("objective", "normalised", {"normalised", "plain"}) == "normalised";

    std::vector<std::string> notices;
    const auto objectives = make_objectives(data.searched, costs, lambdas, normalised, &notices);
    for (const std::string& notice : notices) std::cerr << "dyce: " << notice << "\n";
    const SearchSpace space(data.searched, score, costs, rating.threads);
    SearchResult found = method.run(space, objectives, rating.threads);
    settle_costs(found, data.searched, costs, rating);
    if (rating.conservative) choose_conservatively(found, objectives, data.searched, costs, rating);
    const auto rated = rate_all(found, lambdas, data, costs, rating);
    if (csv) write_csv(*csv, found, objectives, rated, data, costs, rating);
    if (!output && !embedded) return 0;

    ordered_json notes = {{"method", method.name},
                          {"objective", normalised ? "normalised" : "plain"},
                          {"lambda", arguments.text("lambda", "0.5:1.05:0.001")},
                          {"conservative", rating.conservative}};
    ConfigurationSet::Contents contents = describe(data, costs);
    contents.configurations = promised(arguments, pareto_front(rated), data, costs, notes);
    if (contents.configurations.empty()) {
        std::cerr << "dyce: no configuration keeps the promise of --min-accuracy; nothing is written\n";
        return 1;
    }
    contents.extra = notes.dump();
    const ConfigurationSet set(std::move(contents));
    if (output) set.save(*output);
    if (embedded) embed(*embedded, set);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    report(arguments, set, method.name, seconds.count());
    return 0;
}

}  // namespace

const Verb kSearch{
    "search",
    "search REC.npz -o SET.configs.json",
    "finds configurations, from fast to accurate, on a record",
    {{"o,output", "FILE", "the configuration set to write"},
     {"method", "NAME", one_of(method_names(), "default")},
     {"lambda", "LOW:HIGH:STEP", "weights of accuracy to search for, HIGH left out (0.5:1.05:0.001)"},
     {"objective", "NAME", "normalised (default): counted from the first exit on; or plain"},
     {"validate", "REC2.npz", "the estimates are made on this record (else the record is split in two)"},
     {"costs", "FILE", "multiply-adds, in the published tool's JSON"},
     {"latency", "FILE[:batch=1,threads=2]", "milliseconds, as `dyce bench --segments --json` measured them"},
     {"score", "NAME", one_of(recorded_scores(), "default") + ", where the record holds it"},
     {"conservative", "",
      "accuracy is what an exit's few leavers prove (their 10 % quantile), not their share"},
     {"min-accuracy", "A", "keep only configurations that promise this accuracy"},
     {"confidence", "C", "of the promise (0.95)"},
     {"calibrate", "REC3.npz", "an untouched record that the promise is tested on"},
     {"csv", "FILE", "what was found for every lambda, in the published tool's columns"},
     {"model", "MODEL", "for records without a description: the model they are of"},
     {"embed", "MODEL", "also stores the set in the model file"},
     {"threads", "N", "search threads (all that this process may use)"}},
    search};

}  // namespace dyce
