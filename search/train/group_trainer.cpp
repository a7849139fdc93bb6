#include "search/train/group_trainer.h"

#include "search/train/branch_trainer.h"
#include "search/train/head_trainer.h"

namespace dyce {

double peak_rate(const HeadFamily& family, const TrainingOptions& options) {
    if (options.rate) return *options.rate;
    if (family.is_alone()) return 2e-3;
    return family.sums ? 6e-3 : 20e-3;
}

std::unique_ptr<GroupTrainer> make_trainer(const TrainingData& data, const GroupPlan& plan,
                                           const TrainingOptions& options) {
    if (plan.type.family.is_alone()) return std::make_unique<HeadTrainer>(data, plan, options);
    return std::make_unique<BranchTrainer>(data, plan, options);
}

}  // namespace dyce
