#include "tools/report/axes.h"

#include "tools/report/html.h"

#include <cmath>

namespace dyce {
namespace {

constexpr double kLeft = 64, kTop = 12, kWidth = 640, kHeight = 340, kBottom = 48, kRight = 16;
constexpr double kTicks = 6;

std::string text(double x, double y, const std::string& anchor, const std::string& content,
                 const std::string& more = "") {
    return "<text x=\"" + fixed(x, 1) + "\" y=\"" + fixed(y, 1) + "\" text-anchor=\"" + anchor + "\"" + more +
           ">" + html_text(content) + "</text>\n";
}

std::string line_between(const std::string& kind, double x1, double y1, double x2, double y2) {
    return "<line class=\"" + kind + "\" x1=\"" + fixed(x1, 1) + "\" y1=\"" + fixed(y1, 1) + "\" x2=\"" +
           fixed(x2, 1) + "\" y2=\"" + fixed(y2, 1) + "\"/>\n";
}

}  // namespace

Axis::Axis(double low, double high, double from, double to) : low_(low), high_(high), from_(from), to_(to) {
    if (!(high_ - low_ > 1e-6 * high_)) low_ -= 0.01, high_ += 0.01;  // all points alike
    const double rough = (high_ - low_) / kTicks;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    step_ = power * (rough < 2 * power ? 2 : rough < 5 * power ? 5 : 10);
    low_ = std::floor(low_ / step_) * step_;
    high_ = std::ceil(high_ / step_) * step_;
}

std::string Axis::at(double value) const { return fixed(place(value), 1); }

std::vector<double> Axis::ticks() const {
    std::vector<double> ticks;
    const auto count = std::lround((high_ - low_) / step_);
    for (long i = 0; i <= count; ++i) ticks.push_back(low_ + static_cast<double>(i) * step_);
    return ticks;
}

Frame::Frame(Range x, Range y)
    : x_(x.low, x.high, kLeft, kLeft + kWidth), y_(y.low, y.high, kTop + kHeight, kTop) {}

void Frame::line(const std::string& kind, double x1, double y1, double x2, double y2) {
    body_ += line_between(kind, x_.place(x1), y_.place(y1), x_.place(x2), y_.place(y2));
}

void Frame::circle(const std::string& kind, double x, double y, const std::string& title) {
    body_ += "<circle class=\"" + kind + "\" cx=\"" + x_.at(x) + "\" cy=\"" + y_.at(y) +
             "\" r=\"3.5\"><title>" + html_text(title) + "</title></circle>\n";
}

void Frame::polyline(const std::string& kind, const std::vector<Place>& places) {
    std::string points;
    for (const Place& place : places) points += x_.at(place.x) + "," + y_.at(place.y) + " ";
    body_ += "<polyline class=\"" + kind + "\" points=\"" + points + "\"/>\n";
}

std::string Frame::finish(const std::string& name_x, const std::string& name_y, const std::string& about,
                          std::string (*label_x)(double value)) const {
    std::string svg = "<svg class=\"plot\" viewBox=\"0 0 " + fixed(kLeft + kWidth + kRight, 0) + " " +
                      fixed(kTop + kHeight + kBottom, 0) + "\" role=\"img\" aria-label=\"" +
                      html_text(about) + "\">\n";
    for (const double tick : x_.ticks()) {
        svg += line_between("grid", x_.place(tick), kTop, x_.place(tick), kTop + kHeight);
        svg += text(x_.place(tick), kTop + kHeight + 18, "middle", label_x(tick));
    }
    const int digits = y_.step() < 0.00999 ? 1 : 0;  // as many as tell neighbouring ticks apart
    for (const double tick : y_.ticks()) {
        svg += line_between("grid", kLeft, y_.place(tick), kLeft + kWidth, y_.place(tick));
        svg += text(kLeft - 8, y_.place(tick) + 4, "end", percent(tick, digits));
    }
    const double middle = kTop + kHeight / 2;
    svg += text(kLeft + kWidth / 2, kTop + kHeight + 40, "middle", name_x);
    svg += text(14, middle, "middle", name_y, " transform=\"rotate(-90 14 " + fixed(middle, 1) + ")\"");
    return svg + body_ + "</svg>\n";
}

}  // namespace dyce
