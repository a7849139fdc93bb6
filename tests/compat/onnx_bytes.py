"""Tiny networks as ONNX files, written byte by byte: no package, and no version of one, has a say in them."""
import math
import random
import struct


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A field of protobuf: an integer, or bytes with their length in front."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    value = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, v) for v in value) + field(20, 7)


class Network:
    """Nodes and constants in the order they are added; values go by the names of the nodes that make them."""

    def __init__(self, seed, side):
        self.random = random.Random(seed)
        self.side, self.graph, self.names = side, b"", 0

    def constant(self, shape, values, code, letter):
        self.names += 1
        name = f"w{self.names}"
        raw = struct.pack(f"<{len(values)}{letter}", *values)
        self.graph += field(5, b"".join(field(1, d) for d in shape) + field(2, code) + field(8, name) + field(9, raw))
        return name

    def weights(self, *shape, fan_in=None, scale=1.0):
        fan_in = fan_in or math.prod(shape[1:])
        bound = scale * math.sqrt(3 / fan_in)
        return self.constant(shape, [self.random.uniform(-bound, bound) for _ in range(math.prod(shape))], 1, "f")

    def integers(self, *values):
        return self.constant([len(values)], values, 7, "q")

    def add(self, op, inputs, name, **attributes):
        self.graph += field(1, b"".join(field(1, i) for i in inputs) + field(2, name) + field(4, op) +
                            b"".join(field(5, attribute(*a)) for a in attributes.items()))
        return name

    def conv(self, x, name, channels_in, channels, kernel, stride=1, pad=0):
        w = self.weights(channels, channels_in, kernel, kernel, scale=1.4)
        return self.add("Conv", [x, w, self.weights(channels, fan_in=12)], name, kernel_shape=[kernel] * 2,
                        strides=[stride] * 2, pads=[pad] * 4)

    def relu(self, x, name):
        return self.add("Relu", [x], name)

    def classifier(self, x, channels, classes):
        flat = self.add("Flatten", [self.add("GlobalAveragePool", [x], "pooled")], "flat")
        return self.add("Gemm", [flat, self.weights(channels, classes, fan_in=1), self.weights(classes, fan_in=12)],
                        "logits")

    def bytes(self):
        dims = field(1, field(2, "N")) + b"".join(field(1, field(1, d)) for d in [3, self.side, self.side])
        value = field(1, "input") + field(2, field(1, field(1, 1) + field(2, dims)))
        graph = field(2, "g") + self.graph + field(11, value) + field(12, field(1, "logits"))
        return field(1, 8) + field(8, field(1, "") + field(2, 17)) + field(7, graph)


def residual(seed, side, kernel, stride, classes=5):
    """Two residual blocks; the first convolution brings every picture to 8 x 8."""
    n = Network(seed, side)
    x = n.relu(n.conv("input", "stem", 3, 8, kernel, stride, 1 if stride == 1 else 0), "stem.relu")
    y = n.conv(n.relu(n.conv(x, "a1", 8, 8, 3, 1, 1), "a1.relu"), "a2", 8, 8, 3, 1, 1)
    x = n.relu(n.add("Add", [y, x], "a.sum"), "a")
    y = n.conv(n.relu(n.conv(x, "b1", 8, 12, 3, 2, 1), "b1.relu"), "b2", 12, 12, 3, 1, 1)
    x = n.relu(n.add("Add", [y, n.conv(x, "b.short", 8, 12, 1, 2)], "b.sum"), "b")
    n.classifier(x, 12, classes)
    return n.bytes()


def small(seed):
    """A first member of a cascade: one block."""
    n = Network(seed, 8)
    x = n.relu(n.conv("input", "stem", 3, 6, 2, 2), "stem.relu")
    x = n.relu(n.add("Add", [n.conv(x, "a1", 6, 6, 3, 1, 1), x], "a.sum"), "a")
    n.classifier(x, 6, 5)
    return n.bytes()


def plain_chain(seed):
    """Convolution, ReLU, pool, again and again: no block, so no site."""
    n = Network(seed, 8)
    x, channels = "input", 3
    for i in range(2):
        x = n.relu(n.conv(x, f"c{i}", channels, 8, 3, 1, 1), f"r{i}")
        x, channels = n.add("MaxPool", [x], f"p{i}", kernel_shape=[2, 2], strides=[2, 2]), 8
    flat = n.add("Flatten", [x], "flat")
    n.add("Gemm", [flat, n.weights(32, 5, fan_in=4), n.weights(5)], "logits")
    return n.bytes()


def fire_modules(seed):
    """As SqueezeNet: two convolutions side by side, joined by Concat."""
    n = Network(seed, 8)
    x, channels = n.relu(n.conv("input", "stem", 3, 8, 3, 1, 1), "stem.relu"), 8
    for i in range(3):
        s = n.relu(n.conv(x, f"f{i}.squeeze", channels, 4, 1), f"f{i}.squeezed")
        wide = [n.relu(n.conv(s, f"f{i}.e{k}", 4, 6, k, 1, k // 2), f"f{i}.r{k}") for k in (1, 3)]
        x, channels = n.add("Concat", wide, f"f{i}", axis=1), 12
        if i == 0:
            x = n.add("MaxPool", [x], "pool", kernel_shape=[2, 2], strides=[2, 2])
    x = n.relu(n.conv(x, "classes", 12, 5, 1), "classes.relu")
    n.add("Flatten", [n.add("GlobalAveragePool", [x], "pooled")], "logits")
    return n.bytes()


def swin_like(seed):
    """Maps with the channels last, joined 2 x 2 to 1 between two blocks, as Swin has them."""
    n = Network(seed, 8)

    def norm(x, name, channels):
        scale = n.constant([channels], [1.0] * channels, 1, "f")
        return n.add("LayerNormalization", [x, scale, n.weights(channels, fan_in=100)], name, axis=-1)

    def block(x, name, channels):
        y = n.add("MatMul", [norm(x, name + ".norm", channels), n.weights(channels, 16, fan_in=channels)], name + ".m1")
        y = n.add("MatMul", [n.relu(y, name + ".relu"), n.weights(16, channels, fan_in=8)], name + ".m2")
        return n.add("Add", [x, y], name)

    x = n.add("Transpose", [n.conv("input", "patches", 3, 8, 2, 2)], "last", perm=[0, 2, 3, 1])
    x = block(norm(x, "norm0", 8), "block0", 8)
    corners = [n.add("Slice", [x, n.integers(i, j), n.integers(99, 99), n.integers(1, 2), n.integers(2, 2)], f"s{i}{j}")
               for j in (0, 1) for i in (0, 1)]
    merged = norm(n.add("Concat", corners, "merged", axis=-1), "norm1", 32)
    x = block(n.add("MatMul", [merged, n.weights(32, 12, fan_in=32)], "reduced"), "block1", 12)
    pooled = n.add("ReduceMean", [norm(x, "norm2", 12)], "mean", axes=[1, 2], keepdims=0)
    n.add("Gemm", [pooled, n.weights(12, 5, fan_in=2), n.weights(5)], "logits")
    return n.bytes()
