#include "loaders/format/best_heads.h"
#include "loaders/format/configuration_check.h"
#include "loaders/format/configuration_json.h"
#include "loaders/format/json.h"
#include "loaders/format/within.h"
#include "runtime/core/atomic_file.h"
#include "runtime/core/file_mapping.h"

#include <dyce/configuration.h>

namespace dyce {

ConfigurationSet::ConfigurationSet(Contents contents, const ConfigurationLimits& limits) {
    check_configurations(contents, limits);
    contents.extra = canonical_text(parse_json(contents.extra, "extra"));
    const auto best_heads = std::make_shared<const BestHeads>(find_best_heads(contents.configurations));
    for (Configuration& configuration : contents.configurations) {
        configuration.model_digest = contents.model_digest;
        configuration.preprocess_digest = contents.preprocess_digest;
        configuration.precision = contents.precision;
        configuration.best_heads = best_heads;
    }
    contents_ = std::make_shared<const Contents>(std::move(contents));
}

ConfigurationSet ConfigurationSet::load(const std::string& path, const ConfigurationLimits& limits) {
    const auto mapping = FileMapping::open(path, limits.file_bytes);
    const auto bytes = mapping->bytes();
    refuse_other_than_json(bytes, path);
    return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path, limits);
}

ConfigurationSet ConfigurationSet::parse(std::string_view text, const std::string& where,
                                         const ConfigurationLimits& limits) {
    Contents contents = configurations_from_text(text, where, limits);
    return within(where, [&] { return ConfigurationSet(std::move(contents), limits); });
}

std::string ConfigurationSet::text() const { return configurations_to_text(*contents_); }

void ConfigurationSet::save(const std::string& path) const {
    const std::string content = text();
    parse(content, path);  // what is written can be read again
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

}  // namespace dyce
