#include "search/train/network/training_log.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>

namespace dyce {

TrainingLog::TrainingLog(const std::string& path, bool resume, bool gated) : path_(path), gated_(gated) {
    if (path.empty()) return;
    const bool is_new = !resume || !std::filesystem::exists(path);
    file_.open(path, is_new ? std::ios::trunc : std::ios::app);
    if (!file_) throw Error(ErrorCode::kIo, path, "cannot be written");
    file_.precision(6);
    if (is_new)
        file_ << "epoch,step,rate,loss,train_accuracy,seconds,accuracy,exit_accuracy" << (gated ? ",run" : "")
              << "\n";
}

void TrainingLog::add(const NetworkTrainer::Seen& seen, std::int64_t images) {
    loss_ += seen.loss;
    correct_ += seen.correct;
    images_ += images;
}

void TrainingLog::end_epoch(std::int64_t epoch, std::int64_t step, double rate, double seconds,
                            const ExitTable& exits, const std::vector<double>& accuracy,
                            std::optional<double> run) {
    const auto images = static_cast<double>(images_);
    file_ << epoch + 1 << "," << step << "," << rate << "," << loss_ / images << ","
          << static_cast<double>(correct_) / images << "," << seconds << ",";
    if (!accuracy.empty()) file_ << accuracy[0];
    file_ << ",";
    const auto is_gate = [&](std::size_t output) {
        return std::any_of(exits.heads.begin(), exits.heads.end(), [&](const ExitHead& head) {
            return head.role == HeadRole::kGate && head.output == static_cast<int>(output);
        });
    };
    const char* separator = "";
    for (std::size_t i = 1; i < accuracy.size(); ++i) {
        if (is_gate(i)) continue;
        file_ << separator << accuracy[i];
        separator = ";";
    }
    if (gated_) file_ << ",";
    if (run) file_ << *run;
    file_ << std::endl;
    if (!file_) throw Error(ErrorCode::kIo, path_, "cannot be written");
    loss_ = 0;
    correct_ = images_ = 0;
}

}  // namespace dyce
