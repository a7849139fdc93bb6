"""Right containers whose table of encoded tensors is wrong or promises too much."""
import json
import math
import struct

import containers

MIB = 1 << 20


def add(cases):
    metadata, tensors, data = containers.parts(cases.model)

    def write(name, table, parts=()):
        """`parts`: (name, dtype, shape, bytes) of stored tensors to add."""
        header, at = dict(tensors), len(data)
        for part, dtype, shape, content in parts:
            header[part] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(content)]}
            at += len(content)
        text = table if isinstance(table, str) else json.dumps(table)
        header = {"__metadata__": metadata | {"dyce.tensors": text}, **header}
        cases.add(name, containers.container(json.dumps(header), data + b"".join(p[3] for p in parts)), ".safetensors",
                  "inspect", "@")

    def mask(shape, bits, values, scale=b"", **entry):
        """One tensor by a mask over integers."""
        parts = [("m", "U8", [len(bits)], bits), ("v", "I8", [len(values)], values)]
        table = {"as": "mask", "mask": "m", "values": "v", "shape": shape}
        if scale:
            parts.append(("s", "F32", [len(scale) // 4], scale))
            table["scale"] = "s"
        return {"x": table | entry}, parts

    one = struct.pack("<f", 1)
    write("no JSON", "{")
    write("a table of depth 10,000", "[" * 10000)
    write("a table of 8 MiB of brackets", "[" * (8 * MIB))
    write("300,000 encoded tensors",
          "{" + ",".join(f'"{i}":{{"as":"same"}}' for i in range(300000)) + "}")
    write("200,000 encoded tensors by mask",
          "{" + ",".join(f'"{i}":{{"as":"mask","mask":"m","values":"v","shape":[1]}}' for i in range(200000)) + "}")
    write("unknown encoding", {"x": {"as": "zip"}})
    write("a cycle", {"x": {"as": "same", "of": "y"}, "y": {"as": "same", "of": "x"}})
    write("slice of a slice", {"x": {"as": "slice", "of": "y", "shape": [1]}, "y": {"as": "slice", "of": "x", "shape": [1]}})
    write("rank 0", *mask([], b"\1", b"\1", one))
    write("rank 1,000,000", *mask([1] * 1000000, b"\1", b"\1", one))
    write("size overflows", *mask([1 << 62, 1 << 62], b"\1", b"\1", one))
    write("more than 64 times the file", *mask([1 << 40], b"\1", b"\1", one))
    write("bits behind the end", *mask([1, 7], b"\x80", b"\1", one))
    write("more bits than values", *mask([1, 8], b"\xff", b"\1", one))
    write("fewer bits than values", *mask([1, 8], b"\1", b"\1\1", one))
    write("integers without scale", *mask([1, 8], b"\1", b"\1"))
    for value in (0.0, -1.0, math.nan, math.inf):
        write(f"scale {value}", *mask([1, 8], b"\1", b"\1", struct.pack("<f", value)))
    write("4 MiB of ones, one value missing", *mask([1, 8 * 4 * MIB], b"\xff" * (4 * MIB), b"\1" * (32 * MIB - 1), one))
    write("16 MiB of long runs", {"x": {"as": "gaps", "gaps": "g", "values": "v", "shape": [1, 250 * MIB]}},
          [("g", "U8", [16 * MIB], b"\xff" * (16 * MIB)), ("v", "F32", [1], one)])
    write("16 MiB of codes, the last beyond the book", {"x": {"as": "codebook", "codes": "c", "book": "b"}},
          [("c", "U8", [16 * MIB], bytes(16 * MIB - 1) + b"\1"), ("b", "F32", [1], one)])
    write("a book of 65,536", {"x": {"as": "codebook", "codes": "c", "book": "b"}},
          [("c", "U8", [1], b"\0"), ("b", "F32", [65536], one * 65536)])
    write("nothing reads it", *mask([1, 8], b"\1", b"\1", one))
