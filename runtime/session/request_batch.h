// Requests on their way through the exit loop: each is answered the moment it leaves. Lives for one run.
#pragma once

#include "runtime/session/image_batch.h"
#include "runtime/session/request_queue.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyce {

class RequestBatch final : public ExitBatch {
public:
    struct Answered {
        double latency_us;  ///< since submission
        int position;
        bool late;
    };

    /// `requests` under the same plan, at least one; their samples are taken. The answers name `configuration` and `generation`.
    /// Arguments outlive the batch.
    RequestBatch(const ModelData& model, const std::vector<std::unique_ptr<Request>>& requests,
                 const std::string& configuration, std::uint64_t generation);

    void fill(int member, int row, std::span<float> image) override { batch_.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override;
    Clock::time_point deadline(int row) const override {
        return requests_[static_cast<std::size_t>(row)]->deadline;
    }

    const std::vector<Answered>& answered() const { return answered_; }

private:
    const std::vector<std::unique_ptr<Request>>& requests_;
    const std::string& configuration_;
    std::uint64_t generation_;
    std::vector<Sample> samples_;
    std::vector<Prediction> predictions_;
    std::vector<Answered> answered_;
    ImageBatch batch_;
};

}  // namespace dyce
