// Whether a converted model computes what its file's own framework did. Stateless.
#pragma once

#include "loaders/format/model_file.h"
#include "loaders/import/classifier_outputs.h"

#include <string>

namespace dyce {

/// Runs the arrays of `npz` that are called as the network's input through the model and compares the arrays
/// called as its outputs: each within 1e-4 + 1e-4 |expected|, and every image alone, and at another place of the
/// batch, to the bit as in the batch. Prints a line for each on stderr; gives whether all agree. An input of
/// N x H x W x C is taken as well. Throws Error{kUsage} when no array has such a name, and as NpzReader does.
bool check_conversion(const std::string& npz, const ModelData& model, const ClassifierOutputs& outputs);

}  // namespace dyce
