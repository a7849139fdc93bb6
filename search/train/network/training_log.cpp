#include "search/train/network/training_log.h"

#include <dyce/error.h>

#include <filesystem>

namespace dyce {

TrainingLog::TrainingLog(const std::string& path, bool resume) : path_(path) {
    if (path.empty()) return;
    const bool is_new = !resume || !std::filesystem::exists(path);
    file_.open(path, is_new ? std::ios::trunc : std::ios::app);
    if (!file_) throw Error(ErrorCode::kIo, path, "cannot be written");
    file_.precision(6);
    if (is_new) file_ << "epoch,step,rate,loss,train_accuracy,seconds,accuracy,exit_accuracy\n";
}

void TrainingLog::add(const NetworkTrainer::Seen& seen, std::int64_t images) {
    loss_ += seen.loss;
    correct_ += seen.correct;
    images_ += images;
}

void TrainingLog::end_epoch(std::int64_t epoch, std::int64_t step, double rate, double seconds,
                            const std::vector<double>& accuracy) {
    const auto images = static_cast<double>(images_);
    file_ << epoch + 1 << "," << step << "," << rate << "," << loss_ / images << ","
          << static_cast<double>(correct_) / images << "," << seconds << ",";
    if (!accuracy.empty()) file_ << accuracy[0];
    file_ << ",";
    for (std::size_t i = 1; i < accuracy.size(); ++i) file_ << (i > 1 ? ";" : "") << accuracy[i];
    file_ << std::endl;
    if (!file_) throw Error(ErrorCode::kIo, path_, "cannot be written");
    loss_ = 0;
    correct_ = images_ = 0;
}

}  // namespace dyce
