// A trained network as the compressed file holds it: norms folded, numbers rounded to what is stored. Functions.
#pragma once

#include "loaders/format/model_file.h"

#include <functional>

namespace dyce {

enum class StoredNumbers {
    kInt8,      ///< weights as integers, one scale in bfloat16 an output; biases in bfloat16
    kBfloat16,  ///< all in bfloat16
    kFloat32,
};

/// Whether a number that is not zero may become zero where it is rounded. If not, no network with these zeros takes more
/// bytes.
enum class SmallNumbers { kVanish, kStay };

/// `member` is as it is trained; its weights' zeros are what is not stored. Names of nodes and values but inputs and
/// outputs become short.
Member stored_form(Member member, StoredNumbers numbers, SmallNumbers small = SmallNumbers::kVanish);

/// Rounds the weights of the exit heads that `takes` asks for to integers, one scale in bfloat16 for each of their first
/// dimension, and their vectors to bfloat16, and has the file hold them so. All else stays what it is. `member` is not stored
/// as bfloat16.
void store_heads_as_integers(Member& member, const std::function<bool(const ExitHead&)>& takes);

}  // namespace dyce
