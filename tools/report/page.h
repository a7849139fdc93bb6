// The page of dyce report: what a configuration set offers and, with a record, what it does on those
// images. Pure functions.
#pragma once

#include "search/record/record.h"
#include "search/simulate/evaluator.h"

#include <dyce/configuration.h>

#include <string>
#include <vector>

namespace dyce {

/// The configurations of a set on a record.
struct ReportRecord {
    std::string path;
    std::int64_t images = 0;
    double base_accuracy = 0;  ///< of the backbone alone
    RecordMeta meta;
    std::vector<Simulation> simulations;  ///< by configuration
};

/// What a set offers, as sections of a page. `record` may be null.
std::string set_sections(const std::string& set_path, const ConfigurationSet& set,
                         const ReportRecord* record);

/// A whole HTML document that is well-formed XML too and needs nothing from elsewhere.
std::string report_page(const std::string& title, const std::string& sections);

}  // namespace dyce
