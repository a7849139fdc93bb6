"""ConvNeXt V2 in plain NumPy, float64: writes random weights under timm's names and the logits they give.

    convnextv2_reference.py FOLDER ARCHITECTURE...      (needs python3-numpy)

Follows Woo et al., "ConvNeXt V2", 2023, section 3 (arXiv 2301.00808). The architectures named in CONV_MLP
store their linear layers as 1 x 1 convolutions, as timm's checkpoints of them do.
"""
import math
import sys

import numpy as np

from reference_files import write_reference

CLASSES = 37
SIDE = 64
CONV_MLP = ["convnextv2_atto"]
WIDTHS = {"convnextv2_atto": 40, "convnextv2_tiny": 96}
DEPTHS = {"convnextv2_atto": [2, 2, 6, 2], "convnextv2_tiny": [3, 3, 9, 3]}
EPSILON = 1e-6


class Weights:
    """Makes each parameter when it is first asked for."""

    def __init__(self, conv_mlp):
        self.random = np.random.default_rng(3)
        self.conv_mlp = conv_mlp
        self.tensors = {}

    def matrix(self, name, *shape):
        fan_in = math.prod(shape[1:])
        values = self.random.standard_normal(shape) / math.sqrt(fan_in)
        self.tensors[name + ".weight"] = values.astype(np.float32)
        return self.tensors[name + ".weight"].astype(np.float64), self.vector(name + ".bias", shape[0], 0)

    def vector(self, name, size, mean):
        self.tensors[name] = (mean + 0.3 * self.random.standard_normal(size)).astype(np.float32)
        return self.tensors[name].astype(np.float64)

    def linear(self, name, outputs, inputs):
        result = self.matrix(name, outputs, inputs)
        if self.conv_mlp and ".mlp." in name:
            self.tensors[name + ".weight"] = self.tensors[name + ".weight"].reshape(outputs, inputs, 1, 1)
        return result


# All arrays are pictures x rows x columns x channels.

def layer_norm(w, name, x):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    size = x.shape[-1]
    scale, shift = w.vector(name + ".weight", size, 1), w.vector(name + ".bias", size, 0)
    return (x - mean) / np.sqrt(variance + EPSILON) * scale + shift


def linear(w, name, x, outputs):
    weight, bias = w.linear(name, outputs, x.shape[-1])
    return x @ weight.T + bias


def patches(w, name, x, outputs, size):
    """A convolution of stride = kernel: each patch of size x size becomes one pixel."""
    n, rows, columns, channels = x.shape
    weight, bias = w.matrix(name, outputs, channels, size, size)
    cells = x.reshape(n, rows // size, size, columns // size, size, channels)
    return np.einsum("nyixjc,ocij->nyxo", cells, weight, optimize=True) + bias


def depthwise(w, name, x):
    """7 x 7 around each pixel, zeros outside."""
    rows, columns, channels = x.shape[1:]
    weight, bias = w.matrix(name, channels, 1, 7, 7)
    padded = np.pad(x, [(0, 0), (3, 3), (3, 3), (0, 0)])
    result = np.zeros_like(x)
    for i in range(7):
        for j in range(7):
            result += padded[:, i:i + rows, j:j + columns] * weight[:, 0, i, j]
    return result + bias


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def global_response_norm(w, name, x):
    energy = np.sqrt((x ** 2).sum((1, 2), keepdims=True))
    ratio = energy / (energy.mean(-1, keepdims=True) + EPSILON)
    size = x.shape[-1]
    scale, shift = w.vector(name + ".weight", size, 0), w.vector(name + ".bias", size, 0)
    return x + x * ratio * scale + shift


def block(w, name, x):
    width = x.shape[-1]
    y = layer_norm(w, name + ".norm", depthwise(w, name + ".conv_dw", x))
    y = gelu(linear(w, name + ".mlp.fc1", y, 4 * width))
    y = linear(w, name + ".mlp.fc2", global_response_norm(w, name + ".mlp.grn", y), width)
    return x + y


def network(w, x, width, depths):
    x = layer_norm(w, "stem.1", patches(w, "stem.0", x, width, 4))
    for stage, depth in enumerate(depths):
        if stage > 0:
            x = layer_norm(w, f"stages.{stage}.downsample.0", x)
            x = patches(w, f"stages.{stage}.downsample.1", x, width << stage, 2)
        for i in range(depth):
            x = block(w, f"stages.{stage}.blocks.{i}", x)
    return linear(w, "head.fc", layer_norm(w, "head.norm", x.mean((1, 2))), CLASSES)


for architecture in sys.argv[2:]:
    weights = Weights(architecture in CONV_MLP)
    pictures = np.random.default_rng(4).standard_normal((2, 3, SIDE, SIDE)).astype(np.float32)
    logits = network(weights, pictures.astype(np.float64).transpose(0, 2, 3, 1), WIDTHS[architecture],
                     DEPTHS[architecture])
    write_reference(sys.argv[1], architecture, weights.tensors, pictures, logits)
