// The per-image CSV of dyce eval: the same bytes from a live run and from a record. Stateless.
#pragma once

#include "tools/cli/csv.h"

#include <cstdint>
#include <cstdio>
#include <string>

namespace dyce {

inline constexpr const char* kImageRowHeader = "filename,label,pred,exit_site,exit_type,score,macs\n";

struct ImageRow {
    std::string name;
    int label, prediction, exit_site;
    std::string exit_type;
    float score;
    std::int64_t macs;
};

inline std::string image_row_text(const ImageRow& row) {
    char score[32];
    std::snprintf(score, sizeof score, "%.9g", static_cast<double>(row.score));
    return csv_field(row.name) + "," + std::to_string(row.label) + "," + std::to_string(row.prediction) +
           "," + std::to_string(row.exit_site) + "," + row.exit_type + "," + score + "," +
           std::to_string(row.macs) + "\n";
}

}  // namespace dyce
