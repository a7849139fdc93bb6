// dyce cascade: several models, small to big, become one whose earlier members are exits of the last.
#include "loaders/format/model_file.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/model.h>

#include <iostream>

namespace dyce {
namespace {

// Classes without names are told apart by their number alone.
void check_same_classes(const ModelData& a, const ModelData& b, const std::string& path) {
    if (a.classes != b.classes)
        throw Error(
            ErrorCode::kContent, path,
            std::to_string(b.classes) + " classes, the model before it has " + std::to_string(a.classes));
    for (std::size_t i = 0; i < a.labels.size() && i < b.labels.size(); ++i)
        if (a.labels[i] != b.labels[i])
            throw Error(ErrorCode::kContent, path,
                        "class " + std::to_string(i) + " is \"" + b.labels[i] +
                            "\", in the model before it \"" + a.labels[i] + "\"");
}

int cascade(const Arguments& arguments) {
    const auto& paths = arguments.positionals();
    if (paths.size() < 2)
        throw Error(ErrorCode::kUsage, "SMALL BIG",
                    std::to_string(paths.size()) + " models given, expected two or more, small to big");
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o OUT.safetensors");
    check_outputs(arguments, {{"output"}});
    ModelData joined;
    std::int64_t macs = 0;
    for (const std::string& path : paths) {
        const auto model = load_model(path);
        expect_one_class(*model, "cascade");
        if (!joined.members.empty()) check_same_classes(joined, *model, path);
        joined.classes = model->classes;
        if (joined.labels.empty()) joined.labels = model->labels;
        if (model->last().macs < macs)
            std::cerr << "dyce: " << path << " is smaller than the model before it\n";
        macs = model->last().macs;
        joined.members.insert(joined.members.end(), model->members.begin(), model->members.end());
    }
    save_model(*output, joined);
    if (!arguments.has("quiet"))
        std::cerr << *output << ": " << joined.members.size() << " members, " << joined.positions().size() - 1
                  << " exit sites\n";
    return 0;
}

}  // namespace

const Verb kCascade{"cascade",
                    "cascade SMALL BIG [BIGGER..] -o OUT.safetensors",
                    "makes one model of several: an answer of a small one is an exit of the big one",
                    {{"o,output", "FILE", "the model file to write (replaced atomically)"}},
                    cascade};

}  // namespace dyce
