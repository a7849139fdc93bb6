#include "tools/cli/inputs.h"

#include "runtime/core/file_mapping.h"
#include "runtime/core/text.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/configuration_argument.h"
#include "tools/cli/image_folder.h"
#include "tools/cli/memory_limit.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/path_list.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

namespace dyce {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{16} << 20;

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<std::string> read_labels(const std::string& path, int classes) {
    const auto mapping = FileMapping::open(path, kMaxLabelBytes);
    std::string text(reinterpret_cast<const char*>(mapping->bytes().data()), mapping->bytes().size());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::vector<std::string> labels = split(text, '\n');
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (ends_with(labels[i], "\r")) labels[i].pop_back();
        if (labels[i].empty())
            throw Error(ErrorCode::kContent, path + ": line " + std::to_string(i + 1),
                        "is empty, expected a label");
        if (labels[i].find('\0') != std::string::npos)
            throw Error(ErrorCode::kContent, path + ": line " + std::to_string(i + 1), "holds a NUL byte");
    }
    if (labels.size() != static_cast<std::size_t>(classes))
        throw Error(
            ErrorCode::kContent, path,
            std::to_string(labels.size()) + " labels, the model has " + std::to_string(classes) + " classes");
    return labels;
}

std::vector<std::string> read_model_labels(const std::string& path, int classes) {
    std::vector<std::string> labels = read_labels(path, classes);
    const auto bad = std::find_if_not(labels.begin(), labels.end(), is_printable_utf8);
    if (bad == labels.end()) return labels;
    const char* problem = valid_utf8_prefix(*bad) < bad->size()  ? "bytes that are not UTF-8"
                          : bad->find('\t') != std::string::npos ? "a tab"
                                                                 : "a control character";
    throw Error(ErrorCode::kContent, path + ": line " + std::to_string(bad - labels.begin() + 1),
                in_quotes(*bad) + " holds " + problem + ", expected one class name per line, and only that");
}

ImageList expand_images(const std::vector<std::string>& paths, bool recursive) {
    ImageList list;
    std::vector<std::string>& files = list.files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (path == "-") {
            for (std::string& line : read_path_list(path, '\n')) files.push_back(std::move(line));
        } else if (!fs::is_directory(path, error)) {
            files.push_back(path);
        } else {
            const ImageFolder folder = list_images(path, recursive);
            files.insert(files.end(), folder.files.begin(), folder.files.end());
            if (!folder.complaint.empty()) list.complaints.push_back(folder.complaint);
        }
    }
    return list;
}

Configuration named_configuration(const std::string& text, const Model& model) {
    const ConfigurationArgument argument = parse_configuration_argument(text);
    const auto& stored = model.configurations();
    if (argument.set.empty() && !stored)
        throw Error(ErrorCode::kUsage, "--config",
                    "\"" + text + "\" given, but no configuration set is stored in the model; give SET:NAME");
    const ConfigurationSet set = argument.set.empty() ? *stored : ConfigurationSet::load(argument.set);
    return set.at(argument.selector);
}

std::string data_of(const Arguments& arguments) {
    return arguments.required("data", "a folder, a .csv or another data set");
}

std::unique_ptr<const Dataset> open_data(const std::string& data, const ModelData& model) {
    return open_dataset(data, {.count = model.classes, .names = model.labels});
}

Precision float_of(const Arguments& arguments, const std::string& option) {
    const std::string text = arguments.text(option, "f32");
    if (text == "f32") return Precision::kFloat32;
    if (text == "bf16") return Precision::kBfloat16;
    throw Error(ErrorCode::kUsage, "--" + option, "\"" + text + "\" given, expected f32 or bf16");
}

Precision precision_of(const Arguments& arguments) {
    return parse_precision(arguments.text("precision", "f32"), "--precision");
}

TuneGoal goal_of(const Arguments& arguments) {
    return parse_tune_goal(arguments.text("tune", "latency"), "--tune");
}

SessionOptions session_options(const Arguments& arguments, SessionOptions options) {
    options.precision = name_of(precision_of(arguments));
    options.tune = name_of(goal_of(arguments));
    options.max_memory = max_memory_of(arguments);
    return options;
}

std::optional<Configuration> chosen_configuration(const Arguments& arguments, const Model& model,
                                                  const SessionOptions& options) {
    auto text = arguments.text("config");
    const auto& stored = model.configurations();
    if (!text && !names_model(arguments.positionals()) && stored->contents().precision == options.precision)
        text = ":balanced";
    return text ? std::optional(named_configuration(*text, model)) : std::nullopt;
}

Session open_session(const Arguments& arguments, const Model& model, SessionOptions options) {
    options = session_options(arguments, std::move(options));
    options.stage_ms = stage_times_of(arguments, model);
    const auto configuration = chosen_configuration(arguments, model, options);
    const Model used = with_given_set(arguments, model);
    return configuration ? Session(used, *configuration, options) : Session(used, options);
}

}  // namespace dyce
