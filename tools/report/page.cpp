#include "tools/report/page.h"

#include "tools/report/html.h"
#include "tools/report/plot.h"
#include "tools/report/style.h"

#include <numeric>

namespace dyce {
namespace {

using Contents = ConfigurationSet::Contents;

std::string element(const std::string& tag, const std::string& text) {
    return "<" + tag + ">" + html_text(text) + "</" + tag + ">";
}

std::string row(const std::string& tag, const std::vector<std::string>& cells) {
    std::string html = "<tr>";
    for (const std::string& cell : cells) html += element(tag, cell);
    return html + "</tr>\n";
}

std::int64_t correct(const Simulation& simulation) {
    return std::accumulate(simulation.exits.begin(), simulation.exits.end(), std::int64_t{0},
                           [](std::int64_t sum, const Simulation::Exit& exit) { return sum + exit.correct; });
}

Interval interval(const ReportRecord& record, std::size_t i) {
    return exact_interval(correct(record.simulations[i]), record.images);
}

std::vector<double> shares(const ReportRecord& record, std::size_t i) {
    std::vector<double> result;
    for (const Simulation::Exit& exit : record.simulations[i].exits)
        result.push_back(static_cast<double>(exit.images) / static_cast<double>(record.images));
    return result;
}

Plot make_plot(const Contents& contents, const ReportRecord* record) {
    Plot plot;
    plot.base_accuracy = contents.base.accuracy;
    plot.unit = contents.cost_unit == "macs" ? "multiply-adds" : contents.cost_unit;
    for (const Configuration& c : contents.configurations)
        plot.estimated.push_back({c.name, c.relative_cost, c.accuracy, {}});
    for (std::size_t i = 0; record != nullptr && i < contents.configurations.size(); ++i) {
        const Configuration& c = contents.configurations[i];
        const Simulation& s = record->simulations[i];
        // A record tells what was paid in multiply-adds only.
        const double cost = contents.cost_unit == "macs"
                                ? s.macs / static_cast<double>(record->meta.base_macs())
                                : c.relative_cost;
        plot.measured.push_back({c.name + " as recorded", cost, s.accuracy, interval(*record, i)});
    }
    return plot;
}

// One bar, as wide as its cell: a piece for each position that images leave at, early ones light.
std::string draw_shares(const std::vector<double>& exit_share) {
    if (exit_share.empty()) return "unknown";
    std::string svg =
        "<svg class=\"shares\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"share of images by exit\">";
    double left = 0;
    const std::size_t last = exit_share.size() - 1;
    for (std::size_t p = 0; p <= last; ++p) {
        if (!(exit_share[p] > 0)) continue;
        const double width = 100 * exit_share[p];
        const double late = last == 0 ? 1 : static_cast<double>(p) / static_cast<double>(last);
        const std::string fill =
            p == last ? "" : " style=\"fill:hsl(205 65% " + fixed(82 - 50 * late, 0) + "%)\"";
        svg += "<rect x=\"" + fixed(left, 3) + "\" width=\"" + fixed(width, 3) + "\" height=\"1\"" + fill +
               "><title>" + (p == last ? "final exit" : "position " + std::to_string(p)) + ": " +
               percent(exit_share[p]) + "</title></rect>";
        left += width;
    }
    return svg + "</svg>";
}

std::string draw_table(const Contents& contents, const ReportRecord* record) {
    std::string html = "<table>\n<tr><th>configuration</th><th>accuracy</th><th>to rely on</th>";
    if (record != nullptr) html += "<th>as recorded (95 %)</th>";
    if (contents.cost_unit != "macs") html += "<th>cost</th>";
    html +=
        "<th>multiply-adds</th><th>exits on</th><th class=\"wide\">where images "
        "leave</th></tr>\n";
    for (std::size_t i = 0; i < contents.configurations.size(); ++i) {
        const Configuration& c = contents.configurations[i];
        html += "<tr><td><a href=\"#" + html_text(c.name) + "\">" + html_text(c.name) + "</a></td>";
        html += element("td", percent(c.accuracy, 2)) + element("td", percent(c.accuracy_low, 2));
        if (record != nullptr) {
            const Interval range = interval(*record, i);
            html += element("td", percent(record->simulations[i].accuracy, 2) + " (" +
                                      fixed(100 * range.low, 2) + " to " + fixed(100 * range.high, 2) + ")");
        }
        if (contents.cost_unit != "macs") html += element("td", percent(c.relative_cost));
        html += element("td", percent(c.relative_macs)) + element("td", std::to_string(c.exits.size()));
        html += "<td>" + draw_shares(c.exit_share);
        if (record != nullptr) html += draw_shares(shares(*record, i));
        html += "</td></tr>\n";
    }
    return html + "</table>\n";
}

std::string describe_exits(const Configuration& c, const ReportRecord* record, std::size_t i) {
    std::string html = "<details id=\"" + html_text(c.name) + "\"><summary>" + html_text(c.name) +
                       " leaves by " + html_text(c.score) + "</summary>\n<table>\n";
    std::vector<std::string> head = {"position", "head", "threshold", "share"};
    if (record != nullptr) head.insert(head.end(), {"feature map", "share as recorded", "right of those"});
    html += row("th", head);
    const auto add = [&](std::size_t position, const std::string& type, const std::string& threshold) {
        std::vector<std::string> cells = {
            std::to_string(position), type, threshold,
            position < c.exit_share.size() ? percent(c.exit_share[position]) : "unknown"};
        if (record != nullptr) {
            const Simulation::Exit& exit = record->simulations[i].exits[position];
            const auto left = static_cast<double>(exit.images);
            cells.push_back(record->meta.positions[position].name);
            cells.push_back(percent(left / static_cast<double>(record->images)));
            cells.push_back(exit.images == 0 ? "-" : percent(static_cast<double>(exit.correct) / left));
        }
        html += row("td", cells);
    };
    for (const EnabledExit& exit : c.exits)
        add(static_cast<std::size_t>(exit.site), exit.type, fixed(exit.threshold, 4));
    if (record != nullptr)
        add(record->meta.final_position(), "final", "");
    else if (!c.exit_share.empty())
        add(c.exit_share.size() - 1, "final", "");
    return html + "</table>\n</details>\n";
}

std::string describe(const std::string& set_path, const Contents& contents, const ReportRecord* record) {
    std::string html =
        element("p", set_path + ": " + std::to_string(contents.configurations.size()) +
                         " configurations of model " + contents.model_digest + ", " + contents.precision +
                         ". Searched on " + contents.split + ", estimated on " + contents.validated + ".");
    html += element("p", "The backbone alone: " + percent(contents.base.accuracy, 2) + " right, " +
                             std::to_string(contents.base.macs) + " multiply-adds per image.");
    if (record != nullptr)
        html += element("p", "Recorded: " + record->path + ", " + std::to_string(record->images) +
                                 " images, the backbone alone " + percent(record->base_accuracy, 2) +
                                 " right; intervals are exact ones of 95 %.");
    return html;
}

}  // namespace

std::string set_sections(const std::string& set_path, const ConfigurationSet& set,
                         const ReportRecord* record) {
    const Contents& contents = set.contents();
    std::string html = element("h1", "Accuracy and cost") + describe(set_path, contents, record);
    html += draw(make_plot(contents, record));
    html += "<p class=\"legend\"><span class=\"estimated\">●</span> as estimated";
    if (record != nullptr) html += " <span class=\"measured\">●</span> as recorded, with its interval";
    html += " <span class=\"base\">●</span> the backbone alone</p>\n";
    html += element("h2", "Configurations");
    html += "<p>Bars: light pieces leave early, dark ones late, the grey rest at the final exit";
    html += record != nullptr ? "; above as estimated, below as recorded.</p>\n" : ".</p>\n";
    html += draw_table(contents, record) + element("h2", "Exits");
    for (std::size_t i = 0; i < contents.configurations.size(); ++i)
        html += describe_exits(contents.configurations[i], record, i);
    return html;
}

std::string report_page(const std::string& title, const std::string& sections) {
    return kPageHead + element("title", "dyce: " + title) + "</head>\n<body>\n" + sections +
           "</body>\n</html>\n";
}

}  // namespace dyce
