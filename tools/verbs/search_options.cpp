#include "tools/verbs/search_options.h"

#include "runtime/flow/exit_score.h"
#include "search/record/split_record.h"
#include "tools/cli/record_argument.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

namespace dyce {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& message) {
    throw Error(ErrorCode::kUsage, option, message);
}

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

// "FILE:batch=1,threads=2"
CostTable measured_costs(const std::string& text, const RecordMeta& meta) {
    LatencySelection selection;
    std::string path = text;
    const auto colon = text.rfind(':');
    if (colon != text.npos && !std::filesystem::is_regular_file(text)) {
        path = text.substr(0, colon);
        for (const std::string& part : split(text.substr(colon + 1), ',')) {
            const auto pair = split(part, '=');
            if (pair.size() != 2 || (pair[0] != "batch" && pair[0] != "threads"))
                refuse("--latency", "\"" + part + "\" given, expected batch=N or threads=N");
            (pair[0] == "batch" ? selection.batch : selection.threads) =
                parse_integer(pair[1], "--latency " + pair[0], 1, 1'000'000);
        }
    }
    return latency_table(path, selection, meta);
}

}  // namespace

SearchData read_search_data(const Arguments& arguments) {
    const auto& paths = arguments.positionals();
    if (paths.size() != 1)
        refuse("REC.npz",
               std::to_string(paths.size()) + " records given, expected one (dyce merge joins shards)");
    Record record = open_record(arguments, paths[0]);
    const std::string name = file_name(paths[0]);
    if (const auto path = arguments.text("validate")) {
        Record validation = open_record(arguments, *path);
        check_same_exits(record, validation, *path);
        return {std::move(record), std::move(validation), name, file_name(*path)};
    }
    auto [even, odd] = halves_of(std::move(record));
    // The word is part of the files that earlier releases wrote.
    return {std::move(even), std::move(odd), name + ", even pictures", name + ", odd pictures"};
}

CostTable choose_costs(const Arguments& arguments, const Record& record) {
    const auto costs = arguments.text("costs");
    const auto latency = arguments.text("latency");
    if (costs && latency) refuse("--costs", "excludes --latency");
    if (latency) return measured_costs(*latency, record.meta);
    return costs ? published_table(*costs, record.meta) : macs_table(record);
}

std::size_t choose_score(const Arguments& arguments, const Record& record) {
    const std::string score = arguments.text("score", kMaxSoftmax);
    for (const ExitScore& one : exit_scores())
        if (score == one.name && !one.from_logits)
            refuse("--score",
                   score + " depends on which exits are on: it can be run and simulated, not searched for");
    const std::string allowed = arguments.choice("score", kMaxSoftmax, record.scores);
    return static_cast<std::size_t>(std::find(record.scores.begin(), record.scores.end(), allowed) -
                                    record.scores.begin());
}

std::vector<std::string_view> method_names() {
    std::vector<std::string_view> names;
    for (const SearchMethod* method : all_search_methods()) names.emplace_back(method->name);
    return names;
}

const SearchMethod& choose_method(const Arguments& arguments) {
    const auto names = method_names();
    const std::string name =
        arguments.choice("method", all_search_methods().front()->name, {names.begin(), names.end()});
    return **std::find_if(all_search_methods().begin(), all_search_methods().end(),
                          [&](const SearchMethod* method) { return name == method->name; });
}

std::vector<double> choose_lambdas(const Arguments& arguments) {
    const auto text = arguments.text("lambda");
    if (!text) return LambdaRange{}.values();
    const auto parts = split(*text, ':');
    const auto part = [&](std::size_t i, double low) { return parse_real(parts[i], "--lambda", low, 10); };
    if (parts.size() == 1) return {part(0, 0)};
    if (parts.size() != 3)
        refuse("--lambda", "\"" + *text + "\" given, expected LOW:HIGH:STEP as 0.5:1.05:0.001");
    const LambdaRange range{part(0, 0), part(1, 0), part(2, 1e-6)};
    auto values = range.values();
    if (values.empty()) refuse("--lambda", "\"" + *text + "\" holds no value");
    return values;
}

}  // namespace dyce
