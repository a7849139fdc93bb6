// What `dyce compress` tells at its end. Functions.
#pragma once

#include "search/compress/compress.h"

#include <string>

namespace dyce {

/// A table on stderr: what each step brought.
void print_report(const CompressReport& report);
/// The same as JSON on stdout; `digest` is empty where no model was written.
void print_report_json(const CompressReport& report, const std::string& digest);
/// Why the result is not good enough, with what was reached on the way.
std::string verdict(const CompressReport& report, const CompressOptions& options);

}  // namespace dyce
