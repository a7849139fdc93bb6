#include "tools/report/plot.h"

#include "tools/report/html.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr double kLeft = 64, kTop = 12, kWidth = 640, kHeight = 340, kBottom = 48, kRight = 16;
constexpr double kTicks = 6;

// One axis: values to places, with a tick at every multiple of a round step.
class Axis {
public:
    Axis(double low, double high, double from, double to) : low_(low), high_(high), from_(from), to_(to) {
        if (!(high_ - low_ > 1e-6 * high_)) low_ -= 0.01, high_ += 0.01;  // all points alike
        const double rough = (high_ - low_) / kTicks;
        const double power = std::pow(10, std::floor(std::log10(rough)));
        step_ = power * (rough < 2 * power ? 2 : rough < 5 * power ? 5 : 10);
        low_ = std::floor(low_ / step_) * step_;
        high_ = std::ceil(high_ / step_) * step_;
    }

    double place(double value) const { return from_ + (value - low_) / (high_ - low_) * (to_ - from_); }
    std::string at(double value) const { return fixed(place(value), 1); }
    std::vector<double> ticks() const {
        std::vector<double> ticks;
        const auto count = std::lround((high_ - low_) / step_);
        for (long i = 0; i <= count; ++i) ticks.push_back(low_ + static_cast<double>(i) * step_);
        return ticks;
    }
    /// As many digits as tell neighbouring ticks apart.
    std::string label(double value) const { return percent(value, step_ < 0.00999 ? 1 : 0); }

private:
    double low_, high_, from_, to_, step_;
};

struct Axes {
    Axis x, y;
};

Axes make_axes(const Plot& plot) {
    double high_cost = 1, low = plot.base_accuracy, high = plot.base_accuracy;
    for (const auto* points : {&plot.estimated, &plot.measured})
        for (const PlotPoint& p : *points) {
            high_cost = std::max(high_cost, p.relative_cost);
            low = std::min(low, p.interval ? p.interval->low : p.accuracy);
            high = std::max(high, p.interval ? p.interval->high : p.accuracy);
        }
    return {Axis(0, high_cost, kLeft, kLeft + kWidth), Axis(low, high, kTop + kHeight, kTop)};
}

std::string text(double x, double y, const std::string& anchor, const std::string& content,
                 const std::string& more = "") {
    return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" + anchor + "\"" + more +
           ">" + html_text(content) + "</text>\n";
}

std::string line(const std::string& kind, const std::string& x1, const std::string& y1, const std::string& x2,
                 const std::string& y2) {
    return "<line class=\"" + kind + "\" x1=\"" + x1 + "\" y1=\"" + y1 + "\" x2=\"" + x2 + "\" y2=\"" + y2 +
           "\"/>\n";
}

std::string draw_axes(const Axes& axes, const std::string& unit) {
    const std::string left = fixed(kLeft, 1), right = fixed(kLeft + kWidth, 1), top = fixed(kTop, 1),
                      bottom = fixed(kTop + kHeight, 1);
    std::string svg;
    for (const double tick : axes.x.ticks()) {
        svg += line("grid", axes.x.at(tick), top, axes.x.at(tick), bottom);
        svg += text(axes.x.place(tick), kTop + kHeight + 18, "middle", axes.x.label(tick));
    }
    for (const double tick : axes.y.ticks()) {
        svg += line("grid", left, axes.y.at(tick), right, axes.y.at(tick));
        svg += text(kLeft - 8, axes.y.place(tick) + 4, "end", axes.y.label(tick));
    }
    const double middle = kTop + kHeight / 2;
    svg += text(kLeft + kWidth / 2, kTop + kHeight + 40, "middle",
                "mean cost of a picture (" + unit + "), of the backbone's");
    return svg +
           text(14, middle, "middle", "accuracy", " transform=\"rotate(-90 14 " + fixed(middle, 1) + ")\"");
}

std::string draw_point(const Axes& axes, const std::string& kind, const PlotPoint& p) {
    const std::string x = axes.x.at(p.relative_cost), y = axes.y.at(p.accuracy);
    std::string title = p.name + ": " + percent(p.accuracy, 2);
    std::string svg;
    if (p.interval) {
        svg += line(kind, x, axes.y.at(p.interval->low), x, axes.y.at(p.interval->high));
        title += " (" + percent(p.interval->low, 2) + " to " + percent(p.interval->high, 2) + ")";
    }
    title += " at " + percent(p.relative_cost) + " of the cost";
    return svg + "<circle class=\"" + kind + "\" cx=\"" + x + "\" cy=\"" + y + "\" r=\"3.5\"><title>" +
           html_text(title) + "</title></circle>\n";
}

}  // namespace

std::string draw(const Plot& plot) {
    const Axes axes = make_axes(plot);
    std::string svg = "<svg class=\"plot\" viewBox=\"0 0 " + fixed(kLeft + kWidth + kRight, 0) + " " +
                      fixed(kTop + kHeight + kBottom, 0) +
                      "\" role=\"img\" aria-label=\"accuracy by cost\">\n";
    svg += draw_axes(axes, plot.unit);
    svg += line("base", axes.x.at(0), axes.y.at(plot.base_accuracy), axes.x.at(1),
                axes.y.at(plot.base_accuracy));
    std::string places;
    for (const PlotPoint& p : plot.estimated)
        places += axes.x.at(p.relative_cost) + "," + axes.y.at(p.accuracy) + " ";
    svg += "<polyline class=\"estimated\" points=\"" + places + "\"/>\n";
    for (const PlotPoint& p : plot.estimated) svg += draw_point(axes, "estimated", p);
    for (const PlotPoint& p : plot.measured) svg += draw_point(axes, "measured", p);
    svg += draw_point(axes, "base", {"the backbone alone", 1, plot.base_accuracy, {}});
    return svg + "</svg>\n";
}

}  // namespace dyce
