// Recipes that other libraries keep beside their networks. Stateless.
#pragma once

#include "loaders/image/preprocess.h"

#include <string>

namespace dyce {

/// The recipe in a JSON file: timm's config.json, Hugging Face's preprocessor_config.json, or our own
/// (dyce.preprocess). `network` says what the network takes: height, width, channels and whether bytes. Throws
/// Error{kIo}, Error{kResource} over 1 MiB, and Error{kContent} naming the field for what cannot be prepared so.
Preprocess read_recipe(const std::string& path, const Preprocess& network);

}  // namespace dyce
