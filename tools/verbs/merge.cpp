// dyce merge: shards of a record become the record of one run.
#include "search/record/merge_records.h"
#include "search/record/record_file.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <iostream>

namespace dyce {
namespace {

int merge(const Arguments& arguments) {
    const auto& paths = arguments.positionals();
    if (paths.empty()) throw Error(ErrorCode::kUsage, "PART", "is missing: the shards of a record");
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o REC.npz");
    check_outputs(arguments, {{"output"}});
    std::vector<NamedRecord> shards;
    for (const std::string& path : paths)
        shards.emplace_back(path, read_record(path, {.names = true, .all_answers = true}));
    const Record merged = merge_records(shards);
    write_record(*output, merged);
    if (arguments.has("json"))
        std::cout << "{\"schema\":\"dyce.merge/1\",\"images\":" << merged.images
                  << ",\"parts\":" << paths.size() << "}\n";
    else if (!arguments.has("quiet"))
        std::cerr << *output << ": " << merged.images << " images of " << paths.size() << " shards\n";
    return 0;
}

}  // namespace

const Verb kMerge{"merge",
                  "merge PART... -o REC.npz",
                  "puts the shards of a record together: byte for byte the record of one run",
                  {{"o,output", "FILE", "the record to write (.npz)"}},
                  merge};

}  // namespace dyce
