// An operator's attributes as JSON. Their kinds are the operator's, not the text's: 1 is read as 1.0 where a
// float belongs; infinities are the strings "inf" and "-inf". Pure functions.
#pragma once

#include "loaders/format/json.h"
#include "ops/spec/op.h"

namespace dyce {

Json attributes_to_json(const Attributes& attributes);

/// Throws Error{kContent} naming an attribute that `spec` does not have or that is of another kind.
Attributes attributes_from_json(const JsonField& field, const OpSpec& spec);

}  // namespace dyce
