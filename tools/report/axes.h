// The frame of a drawing: two axes with round ticks, and the pieces drawn in it. Values and pure functions.
#pragma once

#include <string>
#include <vector>

namespace dyce {

/// Values to places, with a tick at every multiple of a round step.
class Axis {
public:
    /// From `low` at place `from` to `high` at place `to`, both widened to a tick.
    Axis(double low, double high, double from, double to);

    double place(double value) const { return from_ + (value - low_) / (high_ - low_) * (to_ - from_); }
    std::string at(double value) const;
    double step() const { return step_; }
    std::vector<double> ticks() const;

private:
    double low_, high_, from_, to_, step_;
};

/// An <svg> element whose y axis shows shares as per cent; colours come from the style sheet of the page.
class Frame {
public:
    struct Range {
        double low, high;
    };

    Frame(Range x, Range y);

    const Axis& x() const { return x_; }
    const Axis& y() const { return y_; }
    void line(const std::string& kind, double x1, double y1, double x2, double y2);
    void circle(const std::string& kind, double x, double y, const std::string& title);

    struct Place {
        double x, y;
    };
    void polyline(const std::string& kind, const std::vector<Place>& places);

    /// The whole element. `label_x` names a tick of the x axis.
    std::string finish(const std::string& name_x, const std::string& name_y, const std::string& about,
                       std::string (*label_x)(double value)) const;

private:
    Axis x_, y_;
    std::string body_;
};

}  // namespace dyce
