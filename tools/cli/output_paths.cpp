#include "tools/cli/output_paths.h"

#include <dyce/error.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <utility>

#include <sys/stat.h>

namespace dyce {
namespace {

namespace fs = std::filesystem;

using FileNumber = std::pair<dev_t, ino_t>;

std::optional<FileNumber> number_of(const fs::path& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return std::nullopt;
    return FileNumber{info.st_dev, info.st_ino};
}

// `path` without links and dots, as far as it is there; a link to nothing is where its target would be.
fs::path resolved(fs::path path) {
    constexpr int kMostLinks = 40;  // as the kernel follows
    std::error_code ignored;
    for (int i = 0; i < kMostLinks && fs::is_symlink(path, ignored) && !fs::exists(path, ignored); ++i)
        path = path.parent_path() / fs::read_symlink(path, ignored);
    const fs::path whole = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
    return whole.empty() ? path : whole;
}

bool is_same_file(const fs::path& a, const fs::path& b) {
    const auto first = number_of(a), second = number_of(b);
    if (first || second) return first == second;
    const fs::path new_a = resolved(a), new_b = resolved(b);
    if (new_a == new_b) return true;
    const auto folder = number_of(new_a.parent_path());
    return folder && folder == number_of(new_b.parent_path()) && new_a.filename() == new_b.filename();
}

[[noreturn]] void refuse_output(const NamedPath& output, const std::string& other) {
    throw Error(ErrorCode::kUsage, output.name,
                "\"" + output.path + "\" is the same file as " + other + "; nothing was written");
}

// The ways to read an option's value as a file: FILE, FILE:MORE, NAME=FILE.
std::vector<std::string> readings_of(const std::string& text) {
    std::vector<std::string> readings = {text};
    if (const auto colon = text.rfind(':'); colon != text.npos) readings.push_back(text.substr(0, colon));
    if (const auto equals = text.find('='); equals != text.npos) readings.push_back(text.substr(equals + 1));
    return readings;
}

// What a data set is made of besides `path` itself: a folder's list, an array's labels.
std::vector<std::string> data_files(const std::string& path) {
    const fs::path data(path);
    return {path, (data / "list.csv").string(), (data.parent_path() / data.stem()).string() + "_labels.npy"};
}

bool is_image_or_record(const fs::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto kinds = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bin"};
    return std::find(kinds.begin(), kinds.end(), ending) != kinds.end();
}

// Images lie in the folder of the data set or below.
void check_images(const NamedPath& output, const std::string& data) {
    std::error_code ignored;
    if (!is_image_or_record(output.path) || !fs::exists(output.path, ignored)) return;
    const fs::path folder = resolved(
        fs::is_directory(data, ignored) ? fs::path(data) : fs::path("." / fs::path(data)).parent_path());
    const fs::path file = resolved(output.path);
    if (std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end())
        refuse_output(output, "an image of --data");
}

}  // namespace

// What is not there yet is no file: reading it will fail before anything is written.
std::vector<NamedPath> input_files(const Arguments& arguments, const std::vector<std::string>& options) {
    std::vector<NamedPath> files;
    const auto add = [&](const std::string& name, const std::string& path) {
        if (!path.empty() && number_of(path)) files.push_back({name, path});
    };
    for (const std::string& option : options) {
        if (option == kPositionals)
            for (const std::string& path : arguments.positionals()) add(path, path);
        for (const std::string& text : arguments.list(option))
            for (const std::string& path : option == "data" ? data_files(text) : readings_of(text))
                add("--" + option, path);
    }
    return files;
}

void check_outputs(const std::vector<NamedPath>& outputs, const std::vector<NamedPath>& inputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        for (const NamedPath& input : inputs)
            if (is_same_file(outputs[i].path, input.path))
                refuse_output(outputs[i], input.name + ", which is read");
        for (std::size_t j = 0; j < i; ++j)
            if (is_same_file(outputs[i].path, outputs[j].path))
                refuse_output(outputs[i], outputs[j].name + ", which is written too");
    }
}

void check_outputs(const Arguments& arguments, std::initializer_list<OutputOption> outputs,
                   std::initializer_list<const char*> inputs) {
    std::vector<NamedPath> written;
    std::vector<std::string> read(inputs.begin(), inputs.end());
    read.push_back(kPositionals);
    for (const OutputOption& output : outputs) {
        const auto path = arguments.text(output.name);
        if (!path) continue;
        written.push_back({std::string("--") + output.name, *path});
        std::vector<std::string> others;
        for (const std::string& option : read)
            if (output.may_replace == nullptr || option != output.may_replace) others.push_back(option);
        check_outputs({written.back()}, input_files(arguments, others));
        for (const std::string& data : arguments.list("data")) check_images(written.back(), data);
    }
    check_outputs(written, {});
}

}  // namespace dyce
