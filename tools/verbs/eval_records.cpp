#include "tools/verbs/eval_records.h"

#include "runtime/core/atomic_file.h"
#include "search/record/record_file.h"
#include "search/simulate/evaluator.h"
#include "tools/cli/configuration_argument.h"
#include "tools/cli/image_rows.h"

#include <dyce/configuration.h>
#include <dyce/error.h>

#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

using nlohmann::ordered_json;

Configuration take_configuration(const Arguments& arguments, const RecordMeta& meta) {
    const auto text = arguments.text("config");
    if (!text) return {};
    const ConfigurationArgument argument = parse_configuration_argument(*text);
    if (argument.set.empty())
        throw Error(ErrorCode::kUsage, "--config",
                    "\"" + *text + "\" given, but a record stores no configurations; give SET:NAME");
    Configuration configuration = ConfigurationSet::load(argument.set).at(argument.selector);
    if (configuration.model_digest != meta.model_digest ||
        configuration.preprocess_digest != meta.preprocess_digest ||
        configuration.precision != meta.precision)
        throw Error(ErrorCode::kUsage, "--config",
                    argument.set + " was made for another model, preprocessing or precision");
    return configuration;
}

void write_rows(const std::string& path, const Record& record, const Evaluator& evaluator,
                const Configuration& configuration) {
    if (record.names.size() != record.images)
        throw Error(ErrorCode::kContent, "--records", "the record does not name its images");
    const auto exit_records = evaluator.exit_records(configuration);
    AtomicFile file(path);
    file.write(kImageRowHeader);
    for (std::size_t i = 0; i < record.images; ++i) {
        const auto column = static_cast<std::size_t>(exit_records[i].column);
        const RecordHead& head = record.meta.heads[column];
        file.write(image_row_text(
            {record.names[i], record.labels[i], record.columns[column].predictions[i * record.topk],
             head.position, record.meta.type_name(head), exit_records[i].score, exit_records[i].macs}));
    }
    file.commit();
}

}  // namespace

int eval_records(const Arguments& arguments) {
    if (!arguments.positionals().empty())
        throw Error(ErrorCode::kUsage, arguments.positionals()[0], "--records takes no model");
    RecordReadOptions options;
    options.names = true;
    const Record record = read_record(*arguments.text("records"), options);
    const CostTable costs = macs_table(record);
    const Evaluator evaluator(record, costs);
    const Configuration configuration = take_configuration(arguments, record.meta);
    const Simulation simulation = evaluator.simulate(configuration);
    if (const auto path = arguments.text("per-image")) write_rows(*path, record, evaluator, configuration);

    std::vector<double> share;
    for (const Simulation::Exit& exit : simulation.exits)
        share.push_back(static_cast<double>(exit.images) / static_cast<double>(record.images));
    const double base = evaluator.base().accuracy;
    if (arguments.has("json")) {
        const ordered_json document = {{"schema", "dyce.eval/1"},
                                       {"images", record.images},
                                       {"accuracy", simulation.accuracy},
                                       {"base_accuracy", base},
                                       {"macs", simulation.macs},
                                       {"base_macs", record.meta.base_macs()},
                                       {"exit_share", share},
                                       {"expected_exit_share", configuration.exit_share.empty()
                                                                   ? ordered_json(nullptr)
                                                                   : ordered_json(configuration.exit_share)},
                                       {"seconds", nullptr},
                                       {"total_seconds", nullptr},
                                       {"images_per_second", nullptr},
                                       {"configuration", configuration.name}};
        std::cout << document.dump(2) << "\n";
        return 0;
    }
    std::printf("top-1 %.2f %% (the backbone %.2f %%) on %zu recorded images  configuration %s\n",
                100 * simulation.accuracy, 100 * base, record.images, configuration.name.c_str());
    std::printf("%.0f multiply-adds per image (%.1f %% of the backbone's)\n", simulation.macs,
                100 * simulation.macs / static_cast<double>(record.meta.base_macs()));
    return 0;
}

}  // namespace dyce
