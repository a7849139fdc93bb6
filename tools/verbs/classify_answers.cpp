#include "tools/verbs/classify_answers.h"

#include "graph/exits/gates.h"
#include "runtime/session/model_access.h"
#include "tools/cli/budget_options.h"
#include "tools/cli/csv.h"

#include <dyce/error.h>

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

namespace dyce {
namespace {

using nlohmann::ordered_json;

// Text that may not be valid UTF-8 (file names) is written with replacement characters.
std::string dump_answer(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json answer_json(const AnswerWriter& writer, const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return {{"filename", file}, {"error", p.error}};
    ordered_json json = {{"filename", file},         {"index", p.index},   {"label", p.label},
                         {"prob", p.prob},           {"member", p.member}, {"exit_site", p.exit_site},
                         {"exit_type", p.exit_type}, {"score", p.score},   {"macs", p.macs}};
    if (writer.has_times) json["latency_us"] = p.latency_us;
    json["configuration"] = p.configuration;
    json["generation"] = p.generation;
    if (writer.has_cuts) json["late"] = p.late;
    if (writer.has_cuts) json["cut"] = name_of(p.cut);
    if (writer.has_gates) json["skipped"] = p.skipped;
    return json;
}

// "3 5 6"
std::string numbers_text(const std::vector<int>& numbers) {
    std::string text;
    for (const int number : numbers) text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
}

void write_csv(const AnswerWriter& writer, std::ostream& out, const std::string& file, const Prediction& p) {
    if (!p.error.empty()) {
        out << csv_field(file) << ",,,,,,,," << (writer.has_times ? "," : "") << (writer.has_gates ? "," : "")
            << csv_field(p.error) << "\n";
        return;
    }
    for (std::size_t i = 0; i < p.index.size(); ++i) {
        out << csv_field(file) << "," << i + 1 << "," << p.index[i] << "," << csv_field(p.label[i]) << ","
            << p.prob[i] << "," << p.exit_site << "," << p.exit_type << "," << p.macs << ",";
        if (writer.has_times) out << p.latency_us << ",";
        if (writer.has_gates) out << numbers_text(p.skipped) << ",";
        out << "\n";
    }
}

void write_text(const AnswerWriter& writer, std::ostream& out, const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return;
    out << file << "  (" << (p.exit_type == "final" ? "final exit" : "exit ");
    if (p.exit_type != "final") out << p.exit_site << " " << p.exit_type;
    out << std::fixed << std::setprecision(1) << ", " << static_cast<double>(p.macs) / 1e6
        << " M multiply-adds" << std::setprecision(2);
    if (writer.has_times) out << ", " << p.latency_us / 1e3 << " ms";
    out << ")\n";
    for (std::size_t i = 0; i < p.index.size(); ++i)
        out << "  " << std::setw(6) << 100 * p.prob[i] << " %  " << p.label[i] << "\n";
}

void write_values(std::ostream& out, const std::string& file, const Prediction& p) {
    if (!p.error.empty()) return;
    out << file << "\n";
    for (std::size_t i = 0; i < p.index.size(); ++i)
        out << "  " << std::setw(12) << p.prob[i] << "  " << p.label[i] << "\n";
}

}  // namespace

std::string AnswerWriter::heading() const {
    if (form != Form::kCsv) return "";
    return std::string("filename,rank,index,label,prob,exit_site,exit_type,macs,") +
           (has_times ? "latency_us," : "") + (has_gates ? "skipped," : "") + "error\n";
}

void AnswerWriter::write(std::ostream& out, const std::string& file, const Prediction& p) const {
    switch (form) {
        case Form::kJsonLines: out << dump_answer(answer_json(*this, file, p)) << "\n"; break;
        case Form::kCsv: write_csv(*this, out, file, p); break;
        case Form::kText: write_text(*this, out, file, p); break;
        case Form::kValues: write_values(out, file, p); break;
    }
}

AnswerWriter answer_writer(const Arguments& arguments, const Model& model) {
    for (const char* other : {"jsonl", "json"})
        if (arguments.has("csv") && arguments.has(other))
            throw Error(ErrorCode::kUsage, "--csv", std::string("excludes --") + other);
    const ModelData& data = *ModelAccess::data(model);
    AnswerWriter writer;
    writer.has_cuts = arguments.has("deadline-ms") || has_budget(arguments);
    writer.has_gates = std::ranges::any_of(data.members, has_gates, &Member::exits);
    if (arguments.has("jsonl") || arguments.has("json"))
        writer.form = AnswerWriter::Form::kJsonLines;
    else if (arguments.has("csv"))
        writer.form = AnswerWriter::Form::kCsv;
    else if (data.last().activation == OutputActivation::kNone)
        writer.form = AnswerWriter::Form::kValues;
    return writer;
}

int topk_of(const Arguments& arguments, const Model& model) {
    const bool has_labels = ModelAccess::data(model)->last().activation == OutputActivation::kSigmoid;
    return static_cast<int>(arguments.integer("topk", has_labels ? model.classes() : 5, 1, 100'000));
}

float label_threshold_of(const Arguments& arguments, OutputActivation activation) {
    if (arguments.has("label-threshold") && activation != OutputActivation::kSigmoid)
        throw Error(
            ErrorCode::kUsage, "--label-threshold",
            "the classes of this model exclude one another; only independent labels have a threshold");
    return static_cast<float>(arguments.real("label-threshold", 0.5, 0, 1));
}

void keep_likely_labels(Prediction& answer, float threshold) {
    const auto likely = std::find_if(answer.prob.begin(), answer.prob.end(),
                                     [&](float probability) { return probability < threshold; });
    const auto count = static_cast<std::size_t>(likely - answer.prob.begin());
    answer.index.resize(count);
    answer.label.resize(count);
    answer.prob.resize(count);
}

}  // namespace dyce
