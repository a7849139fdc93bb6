// dyce cascade: several models, small to big, become one whose earlier members are exits of the last; and back.
#include "graph/exits/gates.h"
#include "loaders/format/model_file.h"
#include "tools/cli/member_argument.h"
#include "tools/cli/model_argument.h"
#include "tools/cli/output_paths.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/model.h>

#include <algorithm>
#include <iostream>
#include <map>

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

// All members that have gates.
void set_tau(std::vector<Member>& members, double tau, const std::string& text) {
    bool is_used = false;
    for (Member& member : members) {
        if (!has_gates(member.exits)) continue;
        member.gate_threshold = tau;
        is_used = true;
    }
    if (!is_used)
        throw Error(ErrorCode::kUsage, text, "tau given, but the model has no gates: dyce train --gates");
}

ModelData join_models(const std::vector<MemberArgument>& models, const std::vector<std::string>& texts) {
    std::map<std::string, std::shared_ptr<const ModelData>> loaded;
    ModelData joined;
    std::int64_t macs = 0;
    for (std::size_t i = 0; i < models.size(); ++i) {
        auto& model = loaded[models[i].path];
        if (model == nullptr) model = load_model(models[i].path);
        expect_one_class(*model, "cascade");
        if (!joined.members.empty()) check_same_classes(joined, *model, texts[i]);
        joined.classes = model->classes;
        if (joined.labels.empty()) joined.labels = model->labels;
        if (model->last().macs < macs)
            std::cerr << "dyce: " << texts[i] << " is smaller than the model before it\n";
        macs = model->last().macs;
        std::vector<Member> members = model->members;
        if (models[i].tau) set_tau(members, *models[i].tau, texts[i]);
        std::move(members.begin(), members.end(), std::back_inserter(joined.members));
    }
    return joined;
}

int extract_member(const Arguments& arguments, const std::string& output) {
    const ModelData model = *load_model(arguments.only_positional("MODEL"));
    const auto last = static_cast<std::int64_t>(model.members.size()) - 1;
    ModelData one;
    one.labels = model.labels;
    one.members = {model.members[static_cast<std::size_t>(arguments.integer("extract", 0, 0, last))]};
    save_model(output, one);
    if (model.configurations && last > 0 && !arguments.has("quiet"))
        std::cerr << "dyce: the set of configurations stored with the model is left out: it belongs to all "
                     "members\n";
    return 0;
}

int cascade(const Arguments& arguments) {
    const auto& texts = arguments.positionals();
    const bool joins = !arguments.has("extract");
    std::vector<MemberArgument> models;
    std::vector<NamedPath> inputs;
    for (const std::string& text : texts) {
        if (!joins) break;
        models.push_back(parse_member_argument(text));
        inputs.push_back({text, models.back().path});
    }
    const bool only_sets_tau = models.size() == 1 && models[0].tau;
    if (joins && models.size() < 2 && !only_sets_tau)
        throw Error(ErrorCode::kUsage, "SMALL BIG",
                    std::to_string(models.size()) + " models given, expected two or more, small to big");
    const auto output = arguments.text("output");
    if (!output) throw Error(ErrorCode::kUsage, "--output", "is missing: -o OUT.safetensors");
    check_outputs(arguments, {{"output"}});
    if (!joins) return extract_member(arguments, *output);
    check_outputs({{"--output", *output}}, inputs);
    const ModelData joined = join_models(models, texts);
    save_model(*output, joined);
    if (!arguments.has("quiet"))
        std::cerr << *output << ": " << joined.members.size() << " members, " << joined.positions().size() - 1
                  << " exit sites\n";
    return 0;
}

}  // namespace

const Verb kCascade{
    "cascade",
    "cascade SMALL BIG [BIGGER..] -o OUT.safetensors | --extract K MODEL -o OUT.safetensors",
    "makes one model of several: an answer of a small one is an exit of the big one",
    {{"o,output", "FILE", "the model file to write (replaced atomically)"},
     {"extract", "K", "the other way: writes member K, from 0, as a model of its own"}},
    cascade,
    "\nMODEL@tau=X sets how sure the gates of a model must be to run a stage: 0 runs all, 1 skips all that\n"
    "have a gate. One model may be given with several tau: its weights are in OUT once. A single MODEL@tau=X "
    "is that\n"
    "model with its gates set.\n"};

}  // namespace dyce
