#include "tools/cli/model_argument.h"

#include "loaders/dataset/image_names.h"
#include "runtime/core/file_kind.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string_view>

namespace dyce {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelEnding = ".safetensors";
// Of files that hold networks or weights, whatever their content looks like.
constexpr std::string_view kOnnxEnding = ".onnx";
constexpr std::string_view kForeignEndings[] = {".pth",  ".pt", ".ckpt",  ".pkl",    ".h5",
                                                ".hdf5", ".pb", ".keras", ".tflite", ".bin"};

// A folder's name may come with a slash behind it.
std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

// As a shell reads it again.
std::string shell_word(const std::string& text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:=,@%";
    if (!text.empty() && text.find_first_not_of(kPlain) == text.npos) return text;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

const FileKind* kind_of(const std::string& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) return nullptr;
    try {
        return find_file_kind(FileMapping::open(path, std::numeric_limits<std::uint64_t>::max())->bytes());
    } catch (const Error&) {
        return nullptr;  // not readable: whoever opens it says so
    }
}

// Of a file that is not there, misspelt or of another format: what it would be called as a model.
std::string as_model(const std::string& path) {
    return fs::path(path).replace_extension(kModelEnding).string();
}

// "resnet50" is hardly an image: the model beside it whose name is near, or that name with a model's ending.
std::string meant_model(const std::string& word) {
    const fs::path path(word);
    std::vector<std::string> names;
    std::error_code error;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (lower_extension(it->path()) == kModelEnding) names.push_back(it->path().stem().string());
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string name = path.filename().string();
    const std::string_view nearest = nearest_name(name, known);
    return (path.parent_path() / (nearest.empty() ? name : std::string(nearest))).string() +
           std::string(kModelEnding);
}

// The words behind the verb and the model. Its errors end with the line to type instead.
class Line {
public:
    Line(std::string verb, std::string model, const std::vector<std::string>& words)
        : verb_(std::move(verb)), model_(std::move(model)), words_(words) {}

    /// Throws Error{kUsage} when the word is a network, or meant to be one.
    void check_word(std::size_t i) const {
        const std::string word = without_slash(words_[i]), ending = lower_extension(word);
        std::error_code ignored;
        const bool is_model = ending == kModelEnding;
        if (word == "-" || (fs::is_directory(word, ignored) && !is_model)) return;
        if (is_model && !model_.empty()) refuse(word, "is another model, expected one");
        if (is_model) refuse(word, "is a model, expected behind the verb; type\n" + command(words_[i], i));
        const FileKind* kind = kind_of(word);
        const bool is_misspelt = !nearest_name(ending, std::span(&kModelEnding, 1)).empty();
        if (is_misspelt || (kind != nullptr && kind->name == "a dyce model")) refuse_misspelt(word, i);
        const bool has_networks_name =
            ending == kOnnxEnding || std::ranges::count(kForeignEndings, ending) > 0;
        if (has_networks_name || (kind != nullptr && kind->is_network)) refuse_network(word, i, kind);
        if (kind != nullptr && kind->name == "a configuration set")
            refuse(word, "is a configuration set, expected " + expected() + "; type\n" + command(model_, i) +
                             " --config " + shell_word(word));
        if (i == 0 && model_.empty() && !fs::exists(word, ignored) && !is_image_name(word))
            refuse(word, "no such file or folder, expected " + expected() + "; for a model type\n" +
                             command(meant_model(word), i));
    }

    /// Throws Error{kUsage} when the model is a folder.
    void check_model() const {
        std::error_code error;
        if (!fs::is_directory(model_, error)) return;
        std::vector<std::string> inside;
        for (fs::directory_iterator it(model_, error), end; !error && it != end; it.increment(error))
            if (lower_extension(it->path()) == kModelEnding) inside.push_back(it->path().string());
        const std::string model = inside.size() == 1 ? inside[0] : "MODEL" + std::string(kModelEnding);
        refuse(model_, "is a folder, expected a model file; type\n" + command(model, words_.size()));
    }

private:
    [[noreturn]] static void refuse(const std::string& word, const std::string& message) {
        throw Error(ErrorCode::kUsage, word, message);
    }

    std::string expected() const {
        return verb_ == "classify" ? "a model (.safetensors) or images" : "a model (.safetensors)";
    }

    // "  dyce VERB MODEL WORDS..", without the word number `skip`.
    std::string command(const std::string& model, std::size_t skip) const {
        constexpr std::size_t kMost = 4;
        std::string line = "  dyce " + verb_ + (model.empty() ? "" : " " + shell_word(model));
        for (std::size_t i = 0, shown = 0; i < words_.size(); ++i) {
            if (i == skip) continue;
            if (shown++ == kMost) return line + " ..";
            line += " " + shell_word(words_[i]);
        }
        return line;
    }

    [[noreturn]] void refuse_misspelt(const std::string& word, std::size_t i) const {
        std::error_code ignored;
        const bool exists = fs::exists(word, ignored);
        const std::string model = as_model(word);
        std::string message = exists ? "" : "no such file; ";
        message += "a model's name ends in " + std::string(kModelEnding) + "; type\n";
        if (exists && !fs::exists(model, ignored))
            message += "  mv " + shell_word(word) + " " + shell_word(model) + "\n";
        refuse(word, message + command(model, i));
    }

    [[noreturn]] void refuse_network(const std::string& word, std::size_t i, const FileKind* kind) const {
        std::error_code ignored;
        const bool exists = fs::exists(word, ignored);
        const std::string found = kind != nullptr ? "is " + std::string(kind->name)
                                  : exists        ? "is a network by its name"
                                                  : "no such file, and a network by its name";
        const bool is_onnx =
            kind != nullptr ? kind->name == "an ONNX network" : lower_extension(word) == kOnnxEnding;
        const std::string model = as_model(word);
        refuse(word, found + ", expected " + expected() + "; type\n  dyce convert " + shell_word(word) +
                         (is_onnx ? "" : " --arch NAME") + " --preset imagenet -o " + shell_word(model) +
                         "\n" + command(model, i));
    }

    std::string verb_, model_;
    const std::vector<std::string>& words_;
};

}  // namespace

bool names_model(const std::vector<std::string>& positionals) {
    return !positionals.empty() && without_slash(positionals[0]).ends_with(kModelEnding);
}

Model take_model(std::vector<std::string>& positionals, const std::string& verb) {
    std::string path;
    if (names_model(positionals)) {
        path = without_slash(positionals[0]);
        positionals.erase(positionals.begin());
    }
    const Line line(verb, path, positionals);
    if (!path.empty()) line.check_model();
    for (std::size_t i = 0; i < positionals.size(); ++i) line.check_word(i);
    return path.empty() ? Model::embedded() : Model::load(path);
}

Model only_model(const Arguments& arguments, const std::string& verb) {
    auto positionals = arguments.positionals();
    Model model = take_model(positionals, verb);
    if (!positionals.empty())
        throw Error(ErrorCode::kUsage, positionals[0], "expected one model, a .safetensors file");
    return model;
}

void expect_one_class(const ModelData& model, const std::string& verb) {
    const OutputActivation activation = model.last().activation;
    if (activation == OutputActivation::kSoftmax) return;
    throw Error(ErrorCode::kUsage, "dyce " + verb,
                std::string(activation == OutputActivation::kSigmoid
                                ? "the labels of this model are independent of one another"
                                : "the outputs of this model are values, no classes") +
                    ", and " + verb +
                    " is about answers of one class: classify, run, bench and inspect take it (another "
                    "meaning: dyce convert SRC --activation softmax ..)");
}

}  // namespace dyce
