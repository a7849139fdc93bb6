"""What the commands of the documentation work on, in small: networks, labels and pictures that anybody may have."""
import pathlib

import numpy
from PIL import Image

NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
CHANNELS = 8
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RAISE = 3.0  # keeps normalised colours above zero, so that a ReLU lets them pass


def colour(label):
    return numpy.array([(label * 67 + 40) % 200 + 20, (label * 113 + 90) % 200 + 20, (label * 29 + 10) % 200 + 20])


def picture(label, number, size):
    random = numpy.random.default_rng(1000 * label + number)
    noise = random.normal(0, 12, (size[1], size[0], 3))
    return Image.fromarray(numpy.clip(colour(label) + noise, 0, 255).astype(numpy.uint8))


# ONNX as protobuf writes it: https://protobuf.dev/programming-guides/encoding, onnx.proto
def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def ints(name, values):
    return field(1, name) + b"".join(field(8, v) for v in values) + field(20, 7)


def node(op, inputs, output, *attributes):
    return field(1, b"".join(field(1, i) for i in inputs) + field(2, output) + field(4, op) +
                 b"".join(field(5, a) for a in attributes))


def tensor(name, values):
    values = numpy.asarray(values, "<f4")
    return field(5, b"".join(field(1, d) for d in values.shape) + field(2, 1) + field(8, name) + field(9, values.tobytes()))


def network(side, stride, blocks):
    """A residual network whose first three channels carry the colour through; its classifier takes the class of the
    nearest one. So it is right, and needs no training."""
    random = numpy.random.default_rng(side)
    first = random.normal(0, 0.05, (CHANNELS, 3, 3, 3))
    first[:3] = 0
    for channel in range(3):
        first[channel, channel, 1, 1] = 1
    graph = tensor("w0", first) + tensor("b0", numpy.where(numpy.arange(CHANNELS) < 3, RAISE, 0))
    graph += node("Conv", ["input", "w0", "b0"], "c0", ints("pads", [1] * 4), ints("strides", [stride] * 2))
    graph += node("Relu", ["c0"], "x0")
    for block in range(1, blocks + 1):
        for half in "ab":
            weights = random.normal(0, 0.05, (CHANNELS, CHANNELS, 3, 3))
            weights[:3] = 0
            graph += tensor(f"w{block}{half}", weights)
        graph += node("Conv", [f"x{block - 1}", f"w{block}a"], f"a{block}", ints("pads", [1] * 4))
        graph += node("Relu", [f"a{block}"], f"r{block}")
        graph += node("Conv", [f"r{block}", f"w{block}b"], f"c{block}", ints("pads", [1] * 4))
        graph += node("Add", [f"c{block}", f"x{block - 1}"], f"s{block}") + node("Relu", [f"s{block}"], f"x{block}")
    centres = numpy.array([(colour(k) / 255 - MEAN) / DEVIATION + RAISE for k in range(10)])
    weights = numpy.zeros((10, CHANNELS))
    weights[:, :3] = 8 * centres
    graph += tensor("weight", weights) + tensor("bias", -4 * (centres ** 2).sum(axis=1))
    graph += node("GlobalAveragePool", [f"x{blocks}"], "pooled") + node("Flatten", ["pooled"], "flat")
    graph += node("Gemm", ["flat", "weight", "bias"], "logits", field(1, "transB") + field(3, 1) + field(20, 2))
    dims = field(1, field(2, "N")) + b"".join(field(1, field(1, d)) for d in (3, side, side))
    value = field(11, field(1, "input") + field(2, field(1, field(1, 1) + field(2, dims))))
    return field(1, 8) + field(2, "stand-in") + field(8, field(1, "") + field(2, 13)) + field(
        7, field(2, "g") + graph + value + field(12, field(1, "logits")))


def write_folder(path, each, first):
    """Class folders; `first` numbers the pictures, so that no two folders hold the same."""
    for label, name in enumerate(NAMES):
        (path / name).mkdir(parents=True)
        for number in range(each):
            picture(label, first + number, (32, 32)).save(path / name / f"{number:03}.png")


def write_all(root):
    """Everything that the documentation calls by name without having made it."""
    root = pathlib.Path(root)
    for place, (folder, each) in enumerate({"train": 40, "val": 20, "test": 20, "held-out": 20}.items(), 1):
        write_folder(root / folder, each, 100 * place)
    for number, name in enumerate(("stealth_bomber_s_001290", "airbus_s_000170")):
        picture(0, 90 + number, (32, 32)).save(root / f"test/airplane/{name}.png")
    (root / "photos/holiday").mkdir(parents=True)
    for label, name, size in ((3, "cat.jpg", (80, 60)), (3, "cat.png", (32, 32)), (5, "dog.png", (40, 50)),
                              (8, "photos/sea.jpg", (64, 48)), (8, "photos/holiday/beach.png", (48, 64))):
        picture(label, 1, size).save(root / name)
    (root / "labels.txt").write_text("\n".join(NAMES) + "\n")
    for name, side, stride, blocks in (("resnet50", 224, 8, 3), ("mobilenet_v2", 224, 8, 2), ("resnet56", 32, 1, 26),
                                       ("resnet20", 32, 1, 2)):
        (root / f"{name}.onnx").write_bytes(network(side, stride, blocks))
