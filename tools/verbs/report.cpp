// dyce report: a configuration set as a page to look at.
#include "runtime/core/atomic_file.h"
#include "search/evaluator.h"
#include "search/record_file.h"
#include "tools/report/page.h"
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
    const CostTable costs = macs_table(record.meta);
    const Evaluator evaluator(record, costs);
    ReportRecord result{
        path, static_cast<std::int64_t>(record.pictures), evaluator.base().accuracy, record.meta, {}};
    for (const Configuration& c : contents.configurations)
        result.simulations.push_back(evaluator.simulate(c));
    return result;
}

int report(const Arguments& arguments) {
    if (arguments.positionals().size() != 1)
        throw Error(ErrorCode::kUsage, "SET.configs.json", "give one configuration set");
    const std::string& path = arguments.positionals()[0];
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o report.html");
    const ConfigurationSet set = ConfigurationSet::load(path);
    std::optional<ReportRecord> record;
    if (const auto records = arguments.text("records")) record = simulate(*records, set);
    AtomicFile file(*output);
    file.write(report_page(path, set, record ? &*record : nullptr));
    file.commit();
    if (!arguments.has("json")) return 0;
    const ordered_json document = {{"schema", "dyce.report/1"},
                                   {"output", *output},
                                   {"configurations", set.contents().configurations.size()}};
    std::cout << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
    return 0;
}

}  // namespace

const Verb kReport{"report",
                   "report SET.configs.json -o report.html",
                   "draws what a configuration set offers, as one page",
                   {{"o,output", "FILE", "the HTML page to write (replaced atomically)"},
                    {"records", "REC.npz", "also what the configurations do on these pictures"}},
                   report};

}  // namespace dyce
