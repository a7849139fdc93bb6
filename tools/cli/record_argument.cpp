#include "tools/cli/record_argument.h"

#include "loaders/format/model_file.h"
#include "search/record/record_meta.h"
#include "search/simulate/cost_table.h"

#include <dyce/error.h>

#include <optional>

namespace dyce {
namespace {

std::optional<RecordMeta> told_exits(const Arguments& arguments) {
    if (const auto path = arguments.text("model")) {
        const auto model = load_model(*path);
        RecordMeta meta = describe_exits(model->positions());
        meta.model_digest = model->digest;
        meta.preprocess_digest = model->preprocess_digest;
        meta.classes = model->classes;
        return meta;
    }
    if (const auto path = arguments.text("costs")) return read_published_costs(*path);
    return std::nullopt;
}

// What two records of one model have in common.
std::string identity(RecordMeta meta) {
    meta.plan_digest = meta.images_digest = "";
    meta.image_count = meta.shards = 1;
    meta.shard = 0;
    return record_meta_text(meta);
}

}  // namespace

Record open_record(const Arguments& arguments, const std::string& path, bool names) {
    const auto exits = told_exits(arguments);
    return read_record(path, {.exits = exits ? &*exits : nullptr, .names = names});
}

void check_same_exits(const Record& record, const Record& other, const std::string& other_path) {
    if (identity(record.meta) != identity(other.meta))
        throw Error(ErrorCode::kUsage, other_path,
                    "is not of the same model and precision as the record searched");
    if (record.scores != other.scores)
        throw Error(ErrorCode::kUsage, other_path, "does not hold the same scores as the record searched");
}

}  // namespace dyce
