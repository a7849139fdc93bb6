// The model a verb was given on the command line, or the one embedded in the program. The model that was
// named answers, or none: a slip in its name is an error, never an image for another model.
#pragma once

#include "loaders/format/model_file.h"
#include "tools/cli/arguments.h"

#include <dyce/model.h>

#include <string>
#include <vector>

namespace dyce {

/// Whether the first positional names a model: it ends in .safetensors.
bool names_model(const std::vector<std::string>& positionals);

/// The model that the first positional names, which is then removed; else the embedded one. What is left are
/// images. Throws Error{kUsage} with the line to type when one of them is plainly a network or misspells a
/// model's name, or when the model is a folder; Error as Model::load() does.
Model take_model(std::vector<std::string>& positionals, const std::string& verb);

/// Of a verb that takes a model and no images. Throws as take_model() does, and Error{kUsage} when more is
/// given.
Model only_model(const Arguments& arguments, const std::string& verb);

/// For verbs about choices of one class. Throws Error{kUsage} with the reason when the model's labels are
/// independent or its values are no classes.
void expect_one_class(const ModelData& model, const std::string& verb);

}  // namespace dyce
