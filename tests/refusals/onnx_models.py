"""ONNX files that must be refused, written with a few lines of protobuf's wire format."""
import os
import struct

FLOAT, STRING = 1, 8


def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def node(op, inputs, outputs, *attributes, domain=""):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, op) +
                 b"".join(field(5, a) for a in attributes) + field(7, domain))


def ints(name, values):
    return field(1, name) + b"".join(field(8, v) for v in values) + field(20, 7)


def branch(graph):
    return field(1, "then_branch") + field(6, graph) + field(20, 5)


def initializer(name, dims, data_type=FLOAT, raw=None, more=b""):
    count = 1
    for dim in dims:
        count *= dim
    raw = struct.pack("<f", 0.25) * count if raw is None else raw
    return field(5, b"".join(field(1, d) for d in dims) + field(2, data_type) + field(8, name) + field(9, raw) + more)


def external(location, offset=""):
    entry = lambda key, value: field(13, field(1, key) + field(2, value))
    more = field(14, 1) + entry("location", location) + (entry("offset", offset) if offset else b"")
    return initializer("w", [4], raw=b"", more=more)


def picture(dims, name="input"):
    shape = b"".join(field(1, field(1, d) if d >= 0 else field(2, "N")) for d in dims)
    return field(11, field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, shape))))


def model(graph, opset=13):
    return field(1, 8) + field(8, field(1, "") + field(2, opset)) + field(7, field(2, "g") + graph)


OUTPUT = field(12, field(1, "logits"))


def base():
    """3x8x8 -> conv1 (4 filters 3x3, stride 2) -> relu -> conv2 (5 filters 4x4) -> 5 logits."""
    return model(
        node("Conv", ["input", "w1"], ["a"], ints("strides", [2, 2]), ints("pads", [1, 1, 1, 1])) +
        node("Relu", ["a"], ["b"]) + node("Conv", ["b", "w2", "bias"], ["c"]) + node("Flatten", ["c"], ["logits"]) +
        initializer("w1", [4, 3, 3, 3]) + initializer("w2", [5, 4, 4, 4]) + initializer("bias", [5]) +
        picture([-1, 3, 8, 8]) + OUTPUT)


def with_tensor(tensor):
    return model(node("Add", ["input", "w"], ["logits"]) + tensor + picture([-1, 3, 8, 4]) + OUTPUT)


def nest(depth):
    graph = b""
    for _ in range(depth):
        graph = node("If", [], ["y"], branch(graph))
    return model(graph + picture([-1, 3, 8, 8]) + OUTPUT)


def chain(count, op="Relu"):
    names = ["input"] + [f"v{i}" for i in range(count - 1)] + ["logits"]
    nodes = b"".join(node(op, [names[i]], [names[i + 1]]) for i in range(count))
    return model(nodes + picture([-1, 3, 8, 8]) + OUTPUT)


def add(cases):
    whole = base()
    relu = node("Relu", ["input"], ["logits"])
    rest = picture([-1, 3, 8, 8]) + OUTPUT
    models = {
        "empty": b"",
        "text": b"not a model, just a line of text\n",
        "cut": whole[:-3],
        "zeros": bytes(64 << 20),
        "64 MiB of 0xff": b"\xff" * (64 << 20),
        "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
        "opset 5": model(relu + rest, 5),
        "opset 26": model(relu + rest, 26),
        "If": model(node("If", ["input"], ["logits"]) + rest),
        "Loop": model(node("Loop", ["input"], ["logits"]) + rest),
        "unsupported operators": chain(20000, "LSTM"),
        "20,001 nodes": chain(20001),
        "1,000,000 nodes": chain(1000000),
        "1,000,000 empty values": model(relu + rest + field(13, b"") * 1000000),
        "4,000,000 empty tensors": model(relu + rest + field(5, b"") * 4000000),
        "string tensor": with_tensor(initializer("w", [4], STRING, raw=b"")),
        "strings of nothing": with_tensor(field(5, field(1, 4) + field(2, STRING) + field(6, b"") * 4000000)),
        "dim overflow": with_tensor(field(5, field(1, 1 << 40) * 2 + field(2, FLOAT) + field(8, "w"))),
        "dim 2^40": with_tensor(field(5, field(1, 1 << 40) + field(2, FLOAT) + field(8, "w"))),
        "1,000,000 dims": with_tensor(field(5, field(1, 1) * 1000000 + field(2, FLOAT) + field(8, "w"))),
        "sparse": model(relu + rest + field(15, b"")),
        "cycle": model(node("Add", ["input", "b"], ["a"]) + node("Tanh", ["a"], ["b"]) + relu + rest),
        "duplicate name": model(relu + relu + rest),
        "no input": model(node("Relu", ["w"], ["logits"]) + initializer("w", [4]) + OUTPUT),
        "depth 101": nest(34),
        "depth 10,000": nest(3000),
        "name of 1 MiB": model(relu + node("Tanh", ["input"], ["n" * (1 << 20)]) + rest),
        "huge input": model(relu + picture([-1, 3, 1 << 40, 1 << 40]) + OUTPUT),
        "Expand to 2^40": model(
            node("Expand", ["w", "shape"], ["b"]) + node("Add", ["input", "b"], ["logits"]) + initializer("w", [1]) +
            initializer("shape", [1], 7, struct.pack("<q", 1 << 40)) + rest),
        "ConstantOfShape of 2^36": model(
            node("ConstantOfShape", ["shape"], ["b"]) + node("Add", ["input", "b"], ["logits"]) +
            initializer("shape", [1], 7, struct.pack("<q", 1 << 36)) + rest),
        "../ side file": with_tensor(external("../w.bin")),
        "absolute side file": with_tensor(external("/etc/passwd")),
        "missing side file": with_tensor(external("missing.bin")),
        "linked side file": with_tensor(external("link.bin")),
        "negative offset": with_tensor(external("w.bin", "-1")),
        "huge offset": with_tensor(external("w.bin", str((1 << 63) - 1))),
    }
    convert = ["convert", "@", *cases.recipe, "-o", f"{cases.folder}/out.safetensors"]
    cases.file("onnx_models/w.bin", bytes(16))
    os.symlink("w.bin", f"{cases.folder}/onnx_models/link.bin")
    for name, content in models.items():
        cases.add(name, content, ".onnx", *convert)
    huge = cases.file("onnx_models/huge.onnx", b"")
    os.truncate(huge, 1 << 31)
    cases.run("2 GiB", "convert", huge, *convert[2:])
