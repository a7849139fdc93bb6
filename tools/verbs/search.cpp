// dyce search: from records to a set of configurations.
#include "loaders/format/model_file.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/threads.h"
#include "search/front.h"
#include "search/merge_records.h"
#include "search/prune.h"
#include "search/record_file.h"
#include "search/record_meta.h"
#include "tools/cli/inputs.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

namespace dyce {
namespace {

using nlohmann::ordered_json;

const SearchMethod& find_method(const std::string& name) {
    std::string known;
    for (const SearchMethod* method : all_search_methods()) {
        if (name == method->name) return *method;
        known += (known.empty() ? "" : ", ") + std::string(method->name);
    }
    throw Error(ErrorCode::kUsage, "--method", "\"" + name + "\" given, expected one of " + known);
}

LambdaRange parse_lambda(const Arguments& arguments) {
    const auto text = arguments.text("lambda");
    LambdaRange range;
    if (!text) return range;
    const auto parts = split(*text, ':');
    if (parts.size() != 3)
        throw Error(ErrorCode::kUsage, "--lambda",
                    "\"" + *text + "\" given, expected low:high:step as 0.5:1.05:0.001");
    range.low = parse_real(parts[0], "--lambda", 0, 2);
    range.high = parse_real(parts[1], "--lambda", 0, 2);
    range.step = parse_real(parts[2], "--lambda", 1e-6, 1);
    return range;
}

// The exits of records that do not describe them.
std::optional<RecordMeta> described_exits(const Arguments& arguments) {
    if (const auto costs = arguments.text("costs")) return read_published_costs(*costs);
    if (const auto model = arguments.text("model")) return describe_exits(load_model(*model)->positions());
    return {};
}

// FILE or FILE:batch=1,threads=2.
CostTable parse_latency(const std::string& text, const RecordMeta& meta) {
    LatencySelection selection;
    const auto colon = text.rfind(":batch=");
    std::string path = text;
    if (colon != std::string::npos) {
        path = text.substr(0, colon);
        for (const std::string& part : split(text.substr(colon + 1), ',')) {
            const auto equals = part.find('=');
            const std::string key = part.substr(0, equals);
            if (equals == std::string::npos || (key != "batch" && key != "threads"))
                throw Error(ErrorCode::kUsage, "--latency",
                            "\"" + part + "\" given, expected batch=N or threads=N");
            (key == "batch" ? selection.batch : selection.threads) =
                parse_integer(part.substr(equals + 1), "--latency", 1, 4096);
        }
    }
    return latency_table(path, selection, meta);
}

CostTable take_costs(const Arguments& arguments, const RecordMeta& meta) {
    if (const auto latency = arguments.text("latency")) {
        if (arguments.has("costs")) throw Error(ErrorCode::kUsage, "--latency", "excludes --costs");
        return parse_latency(*latency, meta);
    }
    if (const auto costs = arguments.text("costs")) return published_table(*costs, meta);
    return macs_table(meta);
}

std::size_t score_index(const Record& record, const std::string& name) {
    const auto found = std::find(record.scores.begin(), record.scores.end(), name);
    if (found != record.scores.end()) return static_cast<std::size_t>(found - record.scores.begin());
    std::string there;
    for (const std::string& score : record.scores) there += (there.empty() ? "" : ", ") + score;
    throw Error(ErrorCode::kUsage, "--score",
                "\"" + name + "\" given, the record holds " + there + " (dyce record --scores)");
}

void check_same_model(const RecordMeta& a, const RecordMeta& b, const std::string& path) {
    if (a.model_digest != b.model_digest || a.preprocess_digest != b.preprocess_digest ||
        a.heads.size() != b.heads.size())
        throw Error(ErrorCode::kContent, path, "is a record of another model or preprocessing");
}

void report(const Arguments& arguments, const ConfigurationSet& set) {
    const auto& contents = set.contents();
    if (arguments.has("json")) {
        ordered_json document = {{"schema", "dyce.search/1"}, {"set", ordered_json::parse(set.text())}};
        std::cout << document.dump(2) << "\n";
        return;
    }
    std::printf("%zu configurations; the backbone alone: %.2f %% right\n", contents.configurations.size(),
                100 * contents.base.accuracy);
    for (const char* keyword : {"fastest", "balanced", "most-accurate"}) {
        const Configuration& c = set.at(keyword);
        std::printf("  %-14s %s  %.2f %% right  cost %.1f %%  %zu exits\n", keyword, c.name.c_str(),
                    100 * c.accuracy, 100 * c.relative_cost, c.exits.size());
    }
}

void embed(const std::string& path, const ConfigurationSet& set) {
    ModelData model = *load_model(path);
    if (model.digest != set.contents().model_digest)
        throw Error(ErrorCode::kUsage, "--embed", path + " is not the model that was recorded");
    model.configurations = set;
    save_model(path, model);
}

int search(const Arguments& arguments) {
    if (arguments.positionals().size() != 1) throw Error(ErrorCode::kUsage, "REC.npz", "give one record");
    const std::string path = arguments.positionals()[0];
    const auto output = arguments.text("output");
    if (!output && !arguments.has("csv"))
        throw Error(ErrorCode::kUsage, "--output", "is missing: -o SET.configs.json, or --csv FILE");
    const SearchMethod& method = find_method(arguments.text("method", "best"));
    const auto lambdas = parse_lambda(arguments).values();
    const auto exits = described_exits(arguments);
    RecordReadOptions options;
    if (exits) options.exits = &*exits;
    Record record = read_record(path, options), validate;
    std::string split_name = path, validated = path;
    if (const auto second = arguments.text("validate")) {
        validate = read_record(*second, options);
        check_same_model(record.meta, validate.meta, *second);
        validated = *second;
    } else {
        validate = half_of(record, true);
        record = half_of(record, false);
        split_name += ", even pictures";
        validated += ", odd pictures";
    }
    const CostTable costs = take_costs(arguments, record.meta);
    const std::string score = arguments.text("score", kMaxSoftmax);
    const int threads = static_cast<int>(arguments.integer("threads", available_threads(), 1, 1024));

    std::vector<std::string> notices;
    const auto objectives = make_objectives(record, costs, lambdas, !arguments.has("plain"), &notices);
    for (const std::string& notice : notices) std::cerr << "dyce: " << notice << "\n";
    const SearchSpace space(record, score_index(record, score), costs, threads);
    const auto solutions = method.run(space, objectives, threads);
    const auto points = evaluate_points(lambdas, objectives, solutions, score, Evaluator(record, costs),
                                        Evaluator(validate, costs), record.meta);
    if (const auto csv = arguments.text("csv")) {
        AtomicFile file(*csv);
        file.write(front_csv(points, record, validate));
        file.commit();
    }
    if (!output) return 0;
    if (record.meta.model_digest.empty())
        throw Error(ErrorCode::kUsage, "--output",
                    "the record does not say which model it is of; --csv FILE needs no model");
    std::vector<double> pruned_lambdas;
    std::vector<Objective> pruned_objectives;
    std::vector<Solution> pruned_solutions;
    for (Pruned& pruned : prune(space, objectives, solutions, threads)) {
        pruned_lambdas.push_back(lambdas[pruned.objective]);
        pruned_objectives.push_back(objectives[pruned.objective]);
        pruned_solutions.push_back(std::move(pruned.solution));
    }
    auto candidates = evaluate_points(pruned_lambdas, pruned_objectives, pruned_solutions, score,
                                      Evaluator(record, costs), Evaluator(validate, costs), record.meta);
    candidates.insert(candidates.begin(), points.begin(), points.end());
    const ConfigurationSet set = make_set(candidates, validate, costs, split_name, validated);
    set.save(*output);
    if (const auto model = arguments.text("embed")) embed(*model, set);
    if (!arguments.has("quiet")) report(arguments, set);
    return 0;
}

int merge(const Arguments& arguments) {
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o REC.npz");
    if (arguments.positionals().empty())
        throw Error(ErrorCode::kUsage, "PART", "give the shards of a record");
    std::vector<NamedRecord> shards;
    RecordReadOptions options;
    options.names = options.all_answers = true;
    for (const std::string& path : arguments.positionals())
        shards.emplace_back(path, read_record(path, options));
    write_record(*output, merge_records(shards));
    return 0;
}

}  // namespace

const Verb kSearch{
    "search",
    "search REC.npz -o SET.configs.json",
    "finds configurations from fastest to most accurate",
    {{"o,output", "FILE", "the configuration set to write"},
     {"method", "NAME", "best, one-pass, circular or same-threshold (best)"},
     {"lambda", "A:B:STEP", "weights of accuracy to search with, B left out (0.5:1.05:0.001)"},
     {"plain", "", "accuracy and cost relative to the backbone, not measured from the first exit on"},
     {"validate", "REC2.npz", "a second record for the estimates and the choice of what is kept"},
     {"costs", "FILE", "cost file of the published tool"},
     {"latency", "FILE[:batch=N,threads=N]", "costs as `dyce bench --segments --json` measured them"},
     {"score", "NAME", "exit score, which the record must hold (max_softmax)"},
     {"csv", "FILE", "every lambda in the published tool's columns"},
     {"model", "MODEL", "describes the exits of a record that does not"},
     {"embed", "MODEL", "also stores the set in the model"},
     {"threads", "N", "threads (all that this process may use)"}},
    search};

const Verb kMerge{"merge",
                  "merge PART... -o REC.npz",
                  "puts the shards of a record together",
                  {{"o,output", "FILE", "the record to write"}},
                  merge};

}  // namespace dyce
