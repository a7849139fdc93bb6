// What `dyce search` is asked to do, read and checked.
#pragma once

#include "search/methods/search_method.h"
#include "search/simulate/cost_table.h"
#include "tools/cli/arguments.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dyce {

/// What is searched and what the estimates are made on, and what the two are called.
struct SearchData {
    Record searched, validation;
    std::string split, validated;
};

/// Each throws Error{kUsage} naming the option, and what reading its file throws.
SearchData read_search_data(const Arguments& arguments);
CostTable choose_costs(const Arguments& arguments, const Record& record);
/// Index in Record::scores.
std::size_t choose_score(const Arguments& arguments, const Record& record);
/// Of all search methods, the default first.
std::vector<std::string_view> method_names();
const SearchMethod& choose_method(const Arguments& arguments);
std::vector<double> choose_lambdas(const Arguments& arguments);

}  // namespace dyce
