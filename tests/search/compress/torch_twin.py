"""The logits of PyTorch for a compressed network, from its dense twin by state dict.

    torch_twin.py SMALL.safetensors TWIN.safetensors FOLDER     (needs python3-torch)

The network is that of small_network.h. TWIN is what `dyce compress --expand` makes of SMALL; that its weights are those
of SMALL is checked here, decoded by docs/model-format.md. FOLDER gets images.npy and logits.npy.
"""
import json
import os
import struct
import sys

import numpy
import torch

KINDS = {"F32": numpy.dtype("<f4"), "BF16": numpy.dtype("<u2"), "I8": numpy.dtype("i1"), "U8": numpy.dtype("u1")}


def read(path):
    """{name: array} as stored, bfloat16 widened; and the metadata."""
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    metadata, arrays = header.pop("__metadata__"), {}
    for name, entry in header.items():
        begin, end = (8 + length + at for at in entry["data_offsets"])
        array = numpy.frombuffer(data[begin:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
        if entry["dtype"] == "BF16":
            array = (array.astype(numpy.uint32) << 16).view(numpy.float32)
        arrays[name] = array
    return arrays, metadata


def places_of_runs(runs):
    """Where values stand, by the numbers of zeros before them, and how many runs there are up to each."""
    place, places, used = 0, [], []
    for at, run in enumerate(runs):
        place += int(run)
        if run < 255:
            places.append(place)
            used.append(at + 1)
            place += 1
    return places, used


class Parts:
    """Each tensor takes the next of a shared part."""

    def __init__(self, arrays):
        self.arrays, self.taken = arrays, {}

    def rest(self, name):
        return self.arrays[name].reshape(-1)[self.taken.get(name, 0):]

    def take(self, name, count):
        result = self.rest(name)[:count]
        self.taken[name] = self.taken.get(name, 0) + count
        return result


def decoded(arrays, metadata):
    parts, result = Parts(arrays), dict(arrays)
    for name, entry in sorted(json.loads(metadata["dyce.tensors"]).items()):
        count = int(numpy.prod(entry["shape"]))
        if entry["as"] == "mask":
            bits = numpy.unpackbits(parts.take(entry["mask"], (count + 7) // 8), bitorder="little")
            places = numpy.flatnonzero(bits[:count])
        else:
            assert entry["as"] == "gaps", entry
            places, used = places_of_runs(parts.rest(entry["gaps"]))
            last = len([place for place in places if place < count])
            places = places[:last]
            end = places[-1] + 1 if last else 0
            runs = used[last - 1] if last else 0
            while end < count:  # the zeros at the end
                end += int(parts.rest(entry["gaps"])[runs])
                runs += 1
            parts.take(entry["gaps"], runs)
        dense = numpy.zeros(count, numpy.float32)
        dense[places] = parts.take(entry["values"], len(places))
        dense = dense.reshape(entry["shape"][0], -1)
        if "scale" in entry:
            dense = dense * parts.take(entry["scale"], entry["shape"][0])[:, None].astype(numpy.float32)
        result[name] = dense.reshape(entry["shape"])
    return result


def build():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.ReLU(),
                               torch.nn.Conv2d(16, 16, 3, padding=1, stride=2), torch.nn.ReLU(),
                               torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(16, 4))


def state_dict(arrays, metadata, names):
    """Under the names of the module: layers in the order of the graph, weights, then the bias."""
    nodes = [node for node in json.loads(metadata["dyce.graph"])["nodes"] if node["op"] in ("Conv", "Gemm")]
    values = [value for node in nodes for value in node["inputs"][1:]]
    return {name: torch.from_numpy(arrays[value].copy()) for name, value in zip(names, values, strict=True)}


def main(small, twin, folder):
    dense, metadata = read(twin)
    for name, array in decoded(*read(small)).items():
        if name in dense:
            assert numpy.array_equal(array, dense[name]), f"{name} is another in the dense twin"
    model = build()
    model.load_state_dict(state_dict(dense, metadata, list(model.state_dict())))
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = model(images)
    numpy.save(os.path.join(folder, "images.npy"), images.numpy())
    numpy.save(os.path.join(folder, "logits.npy"), logits.numpy())


main(*sys.argv[1:])
