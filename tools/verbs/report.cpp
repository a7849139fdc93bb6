// dyce report: a configuration set as a page to look at.
#include "runtime/core/atomic_file.h"
#include "search/record/record_file.h"
#include "search/simulate/evaluator.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/report/page.h"
#include "tools/report/training.h"
#include "tools/verbs/gate_table.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

namespace dyce {
namespace {

using nlohmann::ordered_json;

ReportRecord simulate(const std::string& path, const ConfigurationSet& set) {
    const Record record = read_record(path);
    const auto& contents = set.contents();
    if (contents.model_digest != record.meta.model_digest ||
        contents.preprocess_digest != record.meta.preprocess_digest ||
        contents.precision != record.meta.precision)
        throw Error(ErrorCode::kUsage, "--records",
                    path + " is of another model, preprocessing or precision than the set");
    const CostTable costs = macs_table(record);
    const Evaluator evaluator(record, costs);
    ReportRecord result{
        path, static_cast<std::int64_t>(record.images), evaluator.base().accuracy, record.meta, {}};
    for (const Configuration& c : contents.configurations)
        result.simulations.push_back(evaluator.simulate(c));
    return result;
}

std::string report_set(const std::string& path, const ConfigurationSet& set, const Arguments& arguments) {
    std::optional<ReportRecord> record;
    if (const auto records = arguments.text("records")) record = simulate(*records, set);
    return set_sections(path, set, record ? &*record : nullptr);
}

// The set stored with it, and its gates.
std::string report_model(const std::string& path, const Arguments& arguments) {
    const auto model = load_model(path);
    const std::vector<GateRow> gates = list_gates(*model);
    if (!model->configurations && gates.empty())
        throw Error(ErrorCode::kContent, path,
                    "is a dyce model with neither a set of configurations nor gates to show");
    if (!model->configurations && arguments.has("records"))
        throw Error(ErrorCode::kUsage, "--records", "needs a configuration set, and " + path + " has none");
    std::string sections;
    if (model->configurations) sections += report_set(path, *model->configurations, arguments);
    return gates.empty() ? sections : sections + gates_section(gates);
}

int report(const Arguments& arguments) {
    const auto& sets = arguments.positionals();
    const auto log = arguments.text("log");
    if (sets.size() > 1 || (sets.empty() && !log))
        throw Error(ErrorCode::kUsage, "SET.configs.json", "give one configuration set or model, or --log");
    if (sets.empty() && arguments.has("records"))
        throw Error(ErrorCode::kUsage, "--records", "needs a configuration set");
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o report.html");
    check_outputs(arguments, {{"output"}}, {"records", "log"});
    std::string sections;
    if (names_model(sets))
        sections += report_model(sets[0], arguments);
    else if (!sets.empty())
        sections += report_set(sets[0], ConfigurationSet::load(sets[0]), arguments);
    if (log) sections += training_section(*log, read_training_log(*log));
    AtomicFile file(*output);
    file.write(report_page(sets.empty() ? *log : sets[0], sections));
    file.commit();
    if (!arguments.has("json")) return 0;
    const ordered_json document = {{"schema", "dyce.report/1"}, {"output", *output}};
    std::cout << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
    return 0;
}

}  // namespace

const Verb kReport{"report",
                   "report [SET.configs.json|MODEL] [--log LOG.csv] -o report.html",
                   "draws what a configuration set offers, the gates of a model, and how a network learned",
                   {{"o,output", "FILE", "the HTML page to write (replaced atomically)"},
                    {"records", "REC.npz", "also what the configurations do on these images"},
                    {"log", "LOG.csv", "the log of dyce train: accuracy by epoch"}},
                   report};

}  // namespace dyce
