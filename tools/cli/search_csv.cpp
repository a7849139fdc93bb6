#include "tools/cli/search_csv.h"

#include "tools/cli/csv.h"

#include <cstdio>

namespace dyce {
namespace {

std::string number(double value, const char* format = "%.9g") {
    char text[40];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string rating(const Configuration& configuration, double base_accuracy) {
    return number(configuration.relative_macs) + "," + number(configuration.macs, "%.17g") + "," +
           number(configuration.accuracy / base_accuracy) + "," + number(configuration.accuracy) + ",";
}

std::string exits(const Configuration& configuration) {
    std::string text;
    for (const EnabledExit& exit : configuration.exits)
        text += (text.empty() ? "" : ";") + std::to_string(exit.site) + ":" + exit.type + ">" +
                number(exit.threshold, "%.17g");
    return text;
}

std::string shares(const Configuration& configuration) {
    std::string text;
    for (const double share : configuration.exit_share) text += (text.empty() ? "" : ";") + number(share);
    return text;
}

}  // namespace

std::string search_csv(const SearchTable& table) {
    std::string text =
        "relative_macs,raw_macs,relative_acc,raw_acc,relative_macs_tr,raw_macs_tr,relative_acc_tr,raw_acc_tr,"
        "objective_tr,config,exit_ratio,lambda\n";
    for (std::size_t i = 0; i < table.lambdas.size(); ++i) {
        const Configuration& validated = table.validated[i].configuration;
        text += rating(validated, table.validated_base_accuracy) +
                rating(table.searched[i].configuration, table.searched_base_accuracy) +
                number(table.objectives[i], "%.17g") + "," + csv_field(exits(validated)) + "," +
                shares(validated) + "," + number(table.lambdas[i]) + "\n";
    }
    return text;
}

}  // namespace dyce
