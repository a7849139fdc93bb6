#include "tools/report/plot.h"

#include "tools/report/axes.h"
#include "tools/report/html.h"

#include <algorithm>

namespace dyce {
namespace {

Frame make_frame(const Plot& plot) {
    double high_cost = 1, low = plot.base_accuracy, high = plot.base_accuracy;
    for (const auto* points : {&plot.estimated, &plot.measured})
        for (const PlotPoint& p : *points) {
            high_cost = std::max(high_cost, p.relative_cost);
            low = std::min(low, p.interval ? p.interval->low : p.accuracy);
            high = std::max(high, p.interval ? p.interval->high : p.accuracy);
        }
    return Frame({0, high_cost}, {low, high});
}

void draw_point(Frame& frame, const std::string& kind, const PlotPoint& p) {
    std::string title = p.name + ": " + percent(p.accuracy, 2);
    if (p.interval) {
        frame.line(kind, p.relative_cost, p.interval->low, p.relative_cost, p.interval->high);
        title += " (" + percent(p.interval->low, 2) + " to " + percent(p.interval->high, 2) + ")";
    }
    frame.circle(kind, p.relative_cost, p.accuracy,
                 title + " at " + percent(p.relative_cost) + " of the cost");
}

}  // namespace

std::string draw(const Plot& plot) {
    Frame frame = make_frame(plot);
    frame.line("base", 0, plot.base_accuracy, 1, plot.base_accuracy);
    std::vector<Frame::Place> places;
    for (const PlotPoint& p : plot.estimated) places.push_back({p.relative_cost, p.accuracy});
    frame.polyline("estimated", places);
    for (const PlotPoint& p : plot.estimated) draw_point(frame, "estimated", p);
    for (const PlotPoint& p : plot.measured) draw_point(frame, "measured", p);
    draw_point(frame, "base", {"the backbone alone", 1, plot.base_accuracy, {}});
    return frame.finish("mean cost of an image (" + plot.unit + "), of the backbone's", "accuracy",
                        "accuracy by cost", [](double share) { return percent(share, 0); });
}

}  // namespace dyce
