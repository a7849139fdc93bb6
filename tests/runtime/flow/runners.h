// Stage runners that stand before others: one that counts and tells the time, one whose rows change hands at
// every point.
#pragma once

#include "runtime/flow/stage_runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace dyce::test {

/// Does what `inner` does.
class ForwardingRunner : public StageRunner {
public:
    explicit ForwardingRunner(std::unique_ptr<StageRunner> inner) : inner_(std::move(inner)) {}

    std::span<const StagePoint> points() const override { return inner_->points(); }
    int rows_at_once() const override { return inner_->rows_at_once(); }
    std::size_t buckets() const override { return inner_->buckets(); }
    std::size_t bucket_of(int rows) const override { return inner_->bucket_of(rows); }
    std::size_t bucket() const override { return inner_->bucket(); }
    std::span<float> begin(int rows) override { return inner_->begin(rows); }
    void advance() override { inner_->advance(); }
    void exchange(std::span<const RowSwap> swaps) override { inner_->exchange(swaps); }
    void advance_first(int rows, std::size_t bucket) override { inner_->advance_first(rows, bucket); }
    std::span<const float> run_head(int head) override { return inner_->run_head(head); }
    bool keep(std::span<const int> kept, std::size_t bucket) override { return inner_->keep(kept, bucket); }
    void export_rows(std::span<const int> places, std::span<const ValueRows> values) override {
        inner_->export_rows(places, values);
    }
    void import_rows(std::size_t point, int rows, std::span<const ValueRows> values) override {
        inner_->import_rows(point, rows, values);
    }

protected:
    std::unique_ptr<StageRunner> inner_;
};

/// What runners did, and a clock by which each stage takes a millisecond and nothing else takes any time.
struct Observed {
    std::chrono::steady_clock::time_point now{};
    int stages = 0;
    std::map<int, int> heads = {};  ///< how often each ran
};

class ObservedRunner final : public ForwardingRunner {
public:
    ObservedRunner(std::unique_ptr<StageRunner> inner, Observed& observed)
        : ForwardingRunner(std::move(inner)), observed_(observed) {}
    void advance() override {
        ForwardingRunner::advance();
        note_stage();
    }
    void advance_first(int rows, std::size_t bucket) override {
        ForwardingRunner::advance_first(rows, bucket);
        if (rows > 0) note_stage();
    }
    std::span<const float> run_head(int head) override {
        ++observed_.heads[head];
        return ForwardingRunner::run_head(head);
    }

private:
    void note_stage() {
        observed_.now += std::chrono::milliseconds(1);
        ++observed_.stages;
    }
    Observed& observed_;
};

inline StageRunners observed_runners(StageRunners runners, Observed& observed) {
    for (auto& runner : runners) runner = std::make_unique<ObservedRunner>(std::move(runner), observed);
    return runners;
}

/// At every point all rows are exported, and the other of two runners goes on with them. It has computed a full
/// batch of something else before, so that nothing it needs lies there by chance.
class RelayRunner final : public ForwardingRunner {
public:
    RelayRunner(std::unique_ptr<StageRunner> one, std::unique_ptr<StageRunner> other)
        : ForwardingRunner(std::move(one)), other_(std::move(other)) {}

    std::size_t buckets() const override { return std::max(inner_->buckets(), other_->buckets()); }
    std::span<float> begin(int rows) override {
        rows_ = rows;
        stage_ = 0;
        return ForwardingRunner::begin(rows);
    }
    void advance() override {
        ForwardingRunner::advance();
        hand_over();
    }
    void advance_first(int rows, std::size_t bucket) override {
        ForwardingRunner::advance_first(rows, bucket);
        hand_over();
    }
    bool keep(std::span<const int> kept, std::size_t bucket) override {
        const bool does = ForwardingRunner::keep(kept, bucket);
        if (does) rows_ = static_cast<int>(kept.size());
        return does;
    }

private:
    void hand_over() {
        if (++stage_ == points().size()) return;
        compute_something_else();
        std::vector<int> places(static_cast<std::size_t>(rows_));
        std::iota(places.begin(), places.end(), 0);
        const auto values = carried_.resize(points()[stage_ - 1].values, places.size());
        inner_->export_rows(places, values);
        other_->import_rows(stage_ - 1, rows_, values);
        std::swap(inner_, other_);
    }
    void compute_something_else() {
        const auto images = other_->begin(other_->rows_at_once());
        for (std::size_t i = 0; i < images.size(); ++i) images[i] = std::sin(static_cast<float>(i));
        for (std::size_t stage = 0; stage < points().size(); ++stage) other_->advance();
    }

    std::unique_ptr<StageRunner> other_;
    CarriedRows carried_;
    int rows_ = 0;
    std::size_t stage_ = 0;
};

}  // namespace dyce::test
