// Files that several verbs read: labels, lists of images, configurations.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/format/model_file.h"
#include "runtime/core/precision.h"
#include "runtime/core/tune_goal.h"
#include "tools/cli/arguments.h"

#include <dyce/model.h>
#include <dyce/session.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// One label a line, UTF-8; a trailing empty line is ignored. Throws Error{kIo}, and Error{kContent} when a
/// line is empty or there are not `classes` of them.
std::vector<std::string> read_labels(const std::string& path, int classes);
/// The same for a model file, which takes printable UTF-8 only; also throws for a line that is not.
std::vector<std::string> read_model_labels(const std::string& path, int classes);

struct ImageList {
    std::vector<std::string> files;
    std::vector<std::string> complaints;  ///< of folders: no images there, or some of other formats
};

/// Image files for classify: files as given, folders' as list_images() finds them, "-" = one path a line
/// from stdin. Throws as that does, and as read_path_list() does.
ImageList expand_images(const std::vector<std::string>& paths, bool recursive);

/// What a value of --config names, in a file or in the set stored in `model`. Throws Error{kUsage} when there
/// is no such set or configuration.
Configuration named_configuration(const std::string& text, const Model& model);

/// Of all verbs that compute with a model as users run it.
inline const Option kPrecisionOption = {
    "precision", "NAME", "f32, bf16, or int8 after `dyce quantize`; where the processor has it (f32)"};
inline const Option kTuneOption = {
    "tune,plan", "NAME",
    "what kernels are chosen for: latency of an image, or throughput of big batches (latency)"};

/// Of verbs that compute with one session.
inline const Option kThreadsOption = {"threads", "N", "compute threads (all that this process may use)"};
/// Of verbs that go through labelled images.
inline const Option kDataOption = {
    "data", "X", "a .csv (path,label), a folder with list.csv or class folders, CIFAR .bin, .npy, .npz"};
inline const Option kBatchOption = {"batch", "N", "images computed together (32)"};
inline const Option kWorkersOption = {
    "threads", "N", "batches computed at the same time, each on one thread (all that this process may use)"};

/// What --data names. Throws Error{kUsage} without it.
std::string data_of(const Arguments& arguments);
/// Those images, for the classes of the model. Throws as open_dataset() does.
std::unique_ptr<const Dataset> open_data(const std::string& data, const ModelData& model);

/// What --precision says; f32 without it. Throws Error{kUsage} for another word.
Precision precision_of(const Arguments& arguments);
/// What --tune says; latency without it. Throws Error{kUsage} for another word.
TuneGoal goal_of(const Arguments& arguments);
/// What the option says, f32 without it; floating point only. Throws as precision_of().
Precision float_of(const Arguments& arguments, const std::string& option);

/// `options` with what --precision, --tune and --max-memory say. Throws as these do.
SessionOptions session_options(const Arguments& arguments, SessionOptions options);
/// What open_session() puts into force; empty = exits off. Throws as named_configuration() does.
std::optional<Configuration> chosen_configuration(const Arguments& arguments, const Model& model,
                                                  const SessionOptions& options);

/// A session of --precision, --tune and --times under the configuration that --config names. Without the option: exits
/// off, and of the embedded model `balanced` where its set was made for that precision. Throws as
/// named_configuration() and Session do.
Session open_session(const Arguments& arguments, const Model& model, SessionOptions options);

}  // namespace dyce
