// Adds context to errors, outermost first: "model.safetensors: dyce.graph: node 'conv1'". Stateless.
#pragma once

#include <dyce/error.h>

#include <string>

namespace dyce {

/// Runs `action`; its errors are told as errors of `where`.
template <class Action>
auto within(const std::string& where, Action action) {
    try {
        return action();
    } catch (const Error& error) {
        throw Error(error.code(), where + ": " + error.where(), error.message());
    }
}

}  // namespace dyce
