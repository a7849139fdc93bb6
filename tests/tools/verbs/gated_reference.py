#!/usr/bin/env python3
"""gated_reference.py MODEL IMAGES LOGITS SKIPPED: runs a model with gates in NumPy, from its file alone, on images that
are prepared already, and compares what it skips and answers with what is given. Prints how many were compared."""
import json
import math
import struct
import sys

import numpy as np

NEAR = 1e-4  # logits of gates that are no further apart may decide either way


def read_model(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).astype(np.float64)
    variant = json.loads(metadata.get("dyce.variant", "{}"))
    return json.loads(metadata["dyce.graph"]), json.loads(metadata["dyce.exits"]), variant, tensors


def conv(x, weight, bias, attributes):
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    down, across = attributes.get("strides", [1, 1])
    assert attributes.get("group", 1) == 1 and attributes.get("dilations", [1, 1]) == [1, 1]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::down, ::across]
    result = np.einsum("nchwij,ocij->nohw", windows, weight, optimize=True)
    return result if bias is None else result + bias[:, None, None]


def gemm(a, b, c, attributes):
    assert not attributes.get("transA", 0)
    result = attributes.get("alpha", 1) * (a @ (b.T if attributes.get("transB", 0) else b))
    return result if c is None else result + attributes.get("beta", 1) * c


def compute(node, inputs):
    attributes, op = node.get("attributes", {}), node["op"]
    third = inputs[2] if len(inputs) > 2 else None
    if op == "Conv":
        return conv(inputs[0], inputs[1], third, attributes)
    if op == "Gemm":
        return gemm(inputs[0], inputs[1], third, attributes)
    if op == "Relu":
        return np.maximum(inputs[0], 0)
    if op == "Add":
        return inputs[0] + inputs[1]
    if op == "GlobalAveragePool":
        return inputs[0].mean((2, 3), keepdims=True)
    if op == "AveragePool":
        (high, wide), (down, across) = attributes["kernel_shape"], attributes.get("strides", [1, 1])
        assert not any(attributes.get("pads", [0]))
        windows = np.lib.stride_tricks.sliding_window_view(inputs[0], (high, wide), axis=(2, 3))
        return windows[:, :, ::down, ::across].mean((4, 5))
    if op == "Flatten":
        return inputs[0].reshape(len(inputs[0]), -1)
    if op == "Reshape":
        shape = [inputs[0].shape[axis] if size == 0 else size for axis, size in enumerate(attributes["shape"])]
        return inputs[0].reshape(shape)
    if op == "Slice":
        places = [slice(None)] * inputs[0].ndim
        axes = attributes.get("axes", range(len(attributes["starts"])))
        steps = attributes.get("steps", [1] * len(attributes["starts"]))
        for axis, start, end, step in zip(axes, attributes["starts"], attributes["ends"], steps):
            places[axis] = slice(start, end, step)
        return inputs[0][tuple(places)]
    if op == "Pad":
        pads, rank = attributes["pads"], inputs[0].ndim
        return np.pad(inputs[0], list(zip(pads[:rank], pads[rank:])), constant_values=attributes.get("constant_value", 0))
    sys.exit(f"operator {op} is not known here")


class Pass:
    """One image on its way; values are computed when they are first asked for."""

    def __init__(self, model, image):
        self.graph, exits, variant, tensors = model
        self.tau = variant.get("gate_threshold", 0.5)
        self.makers = {name: node for node in self.graph["nodes"] for name in node["outputs"]}
        self.values = dict(tensors)
        self.values[self.graph["inputs"][0]["name"]] = image[None].astype(np.float64)
        sites = exits["sites"]
        self.gates = {sites[head["skips"]]: (sites[head["site"]], head) for head in exits["heads"]
                      if head.get("role") == "gate"}
        self.skipped, self.is_close = [], False

    def value(self, name):
        if name not in self.values:
            before = self.site_instead_of(name)
            node = self.makers[name]
            self.values[name] = self.value(before) if before else compute(node, [self.value(i) for i in node["inputs"]])
        return self.values[name]

    def site_instead_of(self, name):
        """The site whose value stands for that of `name`, where a gate skips the stage between."""
        before, head = self.gates.get(name, (None, None))
        if before is None:
            return None
        self.value(before)  # gates decide in order
        skip, run = self.value(head["output"])[0]
        margin = run - skip - math.log(self.tau / (1 - self.tau))
        self.is_close = self.is_close or abs(margin) <= NEAR
        if margin >= 0:
            return None
        self.skipped.append(head["skips"])
        return before


def main(path, images, logits, skipped):
    model = read_model(path)
    expected = json.load(open(skipped))
    compared, paths = 0, set()
    for image, answer, sites in zip(np.load(images), np.load(logits), expected):
        here = Pass(model, image)
        own = here.value(model[0]["outputs"][0])[0]
        if here.is_close:
            continue
        assert here.skipped == sites, f"skips {here.skipped}, given {sites}"
        assert np.abs(own - answer).max() <= 1e-4 * max(1, np.abs(own).max()), f"{own}, given {answer}"
        compared += 1
        paths.add(tuple(sites))
    print(compared, len(paths))


main(*sys.argv[1:])
