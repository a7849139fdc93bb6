// What the two trainings of `dyce train`, of heads and of whole networks, read alike from the command line.
#pragma once

#include "graph/exits/head_builder.h"
#include "tools/cli/inputs.h"
#include "tools/cli/progress.h"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// --output, which ends in .safetensors.
std::string output_of(const Arguments& arguments);
/// --heads: distinct types.
std::vector<HeadType> head_types_of(const Arguments& arguments, const std::string& fallback);
/// --sites: rising, of `count`.
std::vector<int> sites_of(const Arguments& arguments, std::size_t count);
/// Of verbs that train.
inline const Option kCheckpointOption = {"checkpoint", "FILE", "keeps how far training has come there"};
inline const Option kResumeOption = {"resume", "", "goes on from the checkpoint"};
inline const Option kSeedOption = {"seed", "S", "of everything random (0)"};

/// --checkpoint and --resume, which needs it.
struct Resuming {
    std::string checkpoint;
    bool resume;
};
Resuming resuming_of(const Arguments& arguments);
/// Tells an interrupted user how to go on: from the checkpoint, or from the start. `keeps_features`: --cache
/// was given.
void tell_how_to_go_on(const Resuming& resuming, bool keeps_features);
/// Throws Error{kUsage} for the first of the options that is given: it `has no meaning` here.
void refuse(const Arguments& arguments, std::initializer_list<const char*> options, const std::string& where);

/// Throws Error{kUsage} at `path` with all nodes of a network that cannot be trained, before anything has begun.
void expect_trainable(const Graph& graph, const std::string& path);

/// Progress of several kinds of work one after another, a line each.
class Phases {
public:
    explicit Phases(bool quiet) : quiet_(quiet) {}

    /// `note` stands at the end of the line.
    void update(const std::string& what, std::int64_t done, std::int64_t all, const std::string& note = "") {
        if (what != what_) progress_.emplace(what_ = what, static_cast<std::size_t>(all), quiet_);
        progress_->update(static_cast<std::size_t>(done), note);
    }

private:
    bool quiet_;
    std::string what_;
    std::optional<Progress> progress_;
};

}  // namespace dyce
