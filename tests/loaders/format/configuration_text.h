// A small configuration set as JSON, to be changed piece by piece.
#pragma once

#include "loaders/format/json.h"

#include <string>

namespace dyce::test {

/// Two configurations of a network with three sites; its costs are 100 multiply-adds.
inline Json small_set() {
    return Json::parse(R"({
      "schema": "dyce.configs/1",
      "model_digest": "00112233445566778899aabbccddeeff",
      "preprocess_digest": "ffeeddccbbaa99887766554433221100",
      "precision": "f32", "cost_unit": "macs", "split": "even pictures", "validated": "odd pictures",
      "base": {"accuracy": 0.75, "macs": 100, "cost": 100},
      "configurations": [
        {"name": "c000", "score": "max_softmax",
         "exits": [{"site": 0, "type": "linear", "threshold": 0.1},
                   {"site": 2, "type": "grid4-mlp2x128", "threshold": -1}],
         "accuracy": 0.5, "accuracy_low": 0.5, "macs": 31, "relative_macs": 0.31, "cost": 31,
         "relative_cost": 0.31, "exit_share": [0.25, 0, 0.75, 0], "lambda": 0.5},
        {"name": "c001", "score": "max_softmax", "exits": [],
         "accuracy": 0.75, "accuracy_low": 0.75, "macs": 100, "relative_macs": 1, "cost": 100,
         "relative_cost": 1, "exit_share": [0, 0, 0, 1], "lambda": null}],
      "extra": {}})");
}

}  // namespace dyce::test
