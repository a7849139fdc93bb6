// Requests on their way through the exit loop: each is answered the moment it leaves. Lives for one run.
#pragma once

#include "runtime/session/image_batch.h"
#include "runtime/session/request_queue.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

class RequestBatch final : public ExitBatch {
public:
    struct Answered {
        double latency_us;  ///< since submission
        int position;
        bool late;
        double accuracy_low;  ///< of the configuration it ran under
    };

    /// Requests that bring no plan of their own follow `plan`, the generation of which their answers name.
    /// The requests' samples are taken. Arguments outlive the batch.
    RequestBatch(const Engine& engine, const std::vector<std::unique_ptr<Request>>& requests,
                 const ExitPlan& plan, std::uint64_t generation);

    /// What each request follows.
    std::span<const ExitPlan* const> plans() const { return plans_; }

    void fill(int member, int row, std::span<float> image) override { batch_.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override;
    Clock::time_point deadline(int row) const override {
        return requests_[static_cast<std::size_t>(row)]->deadline;
    }

    Budget budget(int row) const override { return requests_[static_cast<std::size_t>(row)]->budget; }
    bool is_cancelled(int row) const override {
        return requests_[static_cast<std::size_t>(row)]->is_cancelled();
    }
    void drop(int row) override;
    Supply* supply() override { return batch_.supply(); }
    void refuse(int row) override;
    bool wants_features(int site) const override { return batch_.wants_features(site); }
    void features(int row, int site, std::span<const ValueRows> values) override {
        batch_.features(row, site, values);
    }

    const std::vector<Answered>& answered() const { return answered_; }
    /// Requests that were taken back on their way.
    std::size_t cancelled() const { return cancelled_; }
    /// Requests that the energy at hand did not suffice to begin with.
    std::size_t unpaid() const { return unpaid_; }

private:
    const std::vector<std::unique_ptr<Request>>& requests_;
    std::uint64_t generation_;
    std::vector<const ExitPlan*> plans_;
    std::vector<Sample> samples_;
    std::vector<Prediction> predictions_;
    std::vector<Answered> answered_;
    std::size_t cancelled_ = 0, unpaid_ = 0;
    ImageBatch batch_;
};

}  // namespace dyce
