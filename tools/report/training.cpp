#include "tools/report/training.h"

#include "tools/cli/arguments.h"
#include "tools/report/axes.h"
#include "tools/report/html.h"

#include <dyce/error.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace dyce {
namespace {

const std::vector<std::string> kColumns = {"epoch",          "step",    "rate",     "loss",
                                           "train_accuracy", "seconds", "accuracy", "exit_accuracy"};
constexpr const char* kRunColumn = "run";  // of networks with gates, the last one
constexpr std::size_t kMaxEpochs = 100'000;

double number(const std::string& text, const std::string& where, double high) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= high))
        throw Error(ErrorCode::kContent, where,
                    "found \"" + text + "\", expected a number of 0 to " + fixed(high, 0));
    return value;
}

TrainingEpoch read_epoch(const std::string& line, const std::string& where, bool gated) {
    const auto cells = split(line, ',');
    const std::size_t columns = kColumns.size() + (gated ? 1 : 0);
    if (cells.size() != columns)
        throw Error(ErrorCode::kContent, where,
                    std::to_string(cells.size()) + " columns, expected " + std::to_string(columns));
    const auto cell = [&](std::size_t column, double high) {
        return number(cells[column], where + ": " + kColumns[column], high);
    };
    TrainingEpoch epoch{cell(0, 1e9), cell(3, 1e30), cell(4, 1), cell(5, 1e12), {}, {}};
    if (!cells[6].empty()) epoch.accuracy.push_back(cell(6, 1));
    for (const std::string& exit : split(cells[7], ';'))
        epoch.accuracy.push_back(number(exit, where + ": " + kColumns[7], 1));
    if (gated && !cells[8].empty()) epoch.run = number(cells[8], where + ": " + kRunColumn, 2);
    return epoch;
}

void draw_curve(Frame& frame, const std::string& kind, const std::string& name,
                const std::vector<TrainingEpoch>& epochs, double (*value)(const TrainingEpoch&)) {
    std::vector<Frame::Place> places;
    for (const TrainingEpoch& epoch : epochs) places.push_back({epoch.epoch, value(epoch)});
    frame.polyline(kind, places);
    for (const Frame::Place& place : places)
        frame.circle(kind, place.x, place.y,
                     name + " after epoch " + fixed(place.x, 0) + ": " + percent(place.y, 2));
}

std::string draw_epochs(const std::vector<TrainingEpoch>& epochs, bool held_out) {
    double low = 1, high = 0;
    for (const TrainingEpoch& epoch : epochs)
        for (const double value : {epoch.train_accuracy, held_out ? epoch.accuracy[0] : epoch.train_accuracy})
            low = std::min(low, value), high = std::max(high, value);
    Frame frame({0, epochs.back().epoch}, {low, high});
    draw_curve(frame, "estimated", "while training", epochs,
               [](const TrainingEpoch& epoch) { return epoch.train_accuracy; });
    if (held_out)
        draw_curve(frame, "measured", "held out", epochs,
                   [](const TrainingEpoch& epoch) { return epoch.accuracy[0]; });
    return frame.finish("epoch", "accuracy", "accuracy by epoch",
                        [](double epoch) { return fixed(epoch, 0); });
}

}  // namespace

std::vector<TrainingEpoch> read_training_log(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw Error(ErrorCode::kIo, path, "cannot open");
    std::string line;
    auto gated_columns = kColumns;
    gated_columns.emplace_back(kRunColumn);
    if (!std::getline(file, line) || (split(line, ',') != kColumns && split(line, ',') != gated_columns))
        throw Error(ErrorCode::kContent, path + ": line 1", "is not the first line of a training log");
    const bool gated = split(line, ',') == gated_columns;
    std::vector<TrainingEpoch> epochs;
    for (std::size_t number = 2; std::getline(file, line); ++number) {
        if (epochs.size() == kMaxEpochs)
            throw Error(ErrorCode::kResource, path,
                        "more epochs, the limit is " + std::to_string(kMaxEpochs));
        epochs.push_back(read_epoch(line, path + ": line " + std::to_string(number), gated));
    }
    if (file.bad()) throw Error(ErrorCode::kIo, path, "cannot be read");
    if (epochs.empty()) throw Error(ErrorCode::kContent, path, "has no epoch yet");
    return epochs;
}

std::string training_section(const std::string& path, const std::vector<TrainingEpoch>& epochs) {
    const bool held_out = std::all_of(epochs.begin(), epochs.end(),
                                      [](const TrainingEpoch& epoch) { return !epoch.accuracy.empty(); });
    std::string html = "<h2>Training</h2>\n<p>" + html_text(path) + ": " + std::to_string(epochs.size()) +
                       " epochs.</p>\n" + draw_epochs(epochs, held_out);
    html += "<p class=\"legend\"><span class=\"estimated\">●</span> while training";
    if (held_out) html += " <span class=\"measured\">●</span> on the images held out";
    html += "</p>\n<table>\n<tr><th>epoch</th><th>loss</th><th>while training</th>";
    if (held_out) html += "<th>held out: classifier, exits</th>";
    const bool gated =
        std::any_of(epochs.begin(), epochs.end(), [](const TrainingEpoch& epoch) { return epoch.run; });
    if (gated) html += "<th>multiply-adds that run</th>";
    html += "<th>seconds</th></tr>\n";
    for (const TrainingEpoch& epoch : epochs) {
        html += "<tr><td>" + fixed(epoch.epoch, 0) + "</td><td>" + fixed(epoch.loss, 4) + "</td><td>" +
                percent(epoch.train_accuracy, 2) + "</td>";
        if (held_out) {
            html += "<td>";
            for (const double accuracy : epoch.accuracy) html += percent(accuracy, 2) + " ";
            html += "</td>";
        }
        if (gated) html += "<td>" + (epoch.run ? percent(*epoch.run, 1) : "") + "</td>";
        html += "<td>" + fixed(epoch.seconds, 0) + "</td></tr>\n";
    }
    return html + "</table>\n";
}

}  // namespace dyce
