#include "tools/cli/memory_limit.h"

#include "runtime/session/engine.h"
#include "runtime/session/model_access.h"
#include "tools/cli/configuration_argument.h"
#include "tools/progress/kept_run.h"

#include <dyce/error.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace dyce {
namespace {

struct Unit {
    std::string_view name;
    double bytes;
};
constexpr std::array kUnits = {Unit{"KiB", 1024.0}, Unit{"MiB", 1048576.0}, Unit{"GiB", 1073741824.0},
                               Unit{"KB", 1e3},     Unit{"MB", 1e6},        Unit{"GB", 1e9}};
constexpr double kMostBytes = 1e15;

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t parse_size(const std::string& text, const std::string& where) {
    for (const Unit& unit : kUnits)
        if (text.ends_with(unit.name))
            return static_cast<std::size_t>(unit.bytes *
                                            parse_real(text.substr(0, text.size() - unit.name.size()), where,
                                                       0, kMostBytes / unit.bytes));
    return static_cast<std::size_t>(parse_integer(text, where, 1, static_cast<std::int64_t>(kMostBytes)));
}

std::size_t max_memory_of(const Arguments& arguments) {
    const auto text = arguments.text("max-memory");
    if (!text) return 0;
    const std::size_t size = parse_size(*text, "--max-memory");
    if (size == 0) throw Error(ErrorCode::kUsage, "--max-memory", "is 0 bytes, expected more");
    return size;
}

Model with_given_set(const Arguments& arguments, const Model& model) {
    const auto given = arguments.list("config");
    if (!arguments.has("max-memory") || given.size() != 1) return model;
    const ConfigurationArgument argument = parse_configuration_argument(given[0]);
    if (argument.set.empty()) return model;
    auto data = std::make_shared<ModelData>(*ModelAccess::data(model));
    data->configurations = ConfigurationSet::load(argument.set);
    return ModelAccess::make(std::move(data));
}

nlohmann::ordered_json MemoryReport::json() const {
    return {{"weights", use.weights}, {"packed", use.packed},     {"arena", use.arena},
            {"carries", use.carries}, {"progress", use.progress}, {"total", use.total()},
            {"onednn", others}};
}

std::string MemoryReport::text() const {
    std::ostringstream text;
    text << use.total() << " bytes of memory: " << use.packed << " packed weights, " << use.arena
         << " activations and scratch, " << use.weights << " weights where the model has them, "
         << use.carries << " for rows that move, " << use.progress << " with --progress\n"
         << others << " bytes more, measured: oneDNN's own code and objects (no part of --max-memory)\n";
    return text.str();
}

MemoryReport measure_memory(const Model& model, const SessionOptions& options) {
    const std::size_t before = resident_bytes();
    MemoryReport report;
    Session session(model, options);
    const Shape shape = model.input_shape();
    const Tensor grey(DataType::kFloat32, shape);
    session.classify(Sample(grey));
    report.use = session.memory_use();
    const std::size_t gained = resident_bytes() - std::min(before, resident_bytes());
    report.others = gained - std::min(gained, report.use.total());
    Engine engine(model, options);
    report.use.progress = KeptRun::file_memory(engine);
    return report;
}

}  // namespace dyce
