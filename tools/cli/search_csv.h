// The table of a search in the columns of the published tool: a line for each lambda. A pure function.
#pragma once

#include "search/methods/front.h"

#include <string>
#include <vector>

namespace dyce {

/// What the sweep found, rated on the record that was searched and on validation data.
struct SearchTable {
    std::vector<double> lambdas;
    std::vector<double> objectives;  ///< values that were reached on the record that was searched
    std::vector<RatedConfiguration> searched, validated;
    double searched_base_accuracy = 0, validated_base_accuracy = 0;
};

/// relative_macs, raw_macs, relative_acc, raw_acc, the same with _tr of the record that was searched,
/// objective_tr, config ("site:type>threshold;.."), exit_ratio ("0.25;..", validated), lambda.
std::string search_csv(const SearchTable& table);

}  // namespace dyce
