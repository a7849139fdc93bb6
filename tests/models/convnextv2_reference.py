"""ConvNeXt V2 in plain NumPy, float64: writes random weights under timm's names and the logits they give.

    convnextv2_reference.py FOLDER ARCHITECTURE...      (needs python3-numpy)

Follows Woo et al., "ConvNeXt V2", 2023, section 3 (arXiv 2301.00808). The architectures named in CONV_MLP
store their linear layers as 1 x 1 convolutions, as timm's checkpoints of them do.
"""
import sys

import numpy as np

from numpy_layers import Weights, gelu, layer_norm, linear, patches
from reference_files import write_reference

CLASSES = 37
SIDE = 64
CONV_MLP = ["convnextv2_atto"]
WIDTHS = {"convnextv2_atto": 40, "convnextv2_tiny": 96}
DEPTHS = {"convnextv2_atto": [2, 2, 6, 2], "convnextv2_tiny": [3, 3, 9, 3]}
EPSILON = 1e-6


def stored_as(name, shape):
    return (*shape, 1, 1) if ".mlp." in name and len(shape) == 2 else shape


# All arrays are pictures x rows x columns x channels.

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


def global_response_norm(w, name, x):
    energy = np.sqrt((x ** 2).sum((1, 2), keepdims=True))
    ratio = energy / (energy.mean(-1, keepdims=True) + EPSILON)
    size = x.shape[-1]
    scale, shift = w.vector(name + ".weight", size, 0), w.vector(name + ".bias", size, 0)
    return x + x * ratio * scale + shift


def block(w, name, x):
    width = x.shape[-1]
    y = layer_norm(w, name + ".norm", depthwise(w, name + ".conv_dw", x), EPSILON)
    y = gelu(linear(w, name + ".mlp.fc1", y, 4 * width))
    y = linear(w, name + ".mlp.fc2", global_response_norm(w, name + ".mlp.grn", y), width)
    return x + y


def network(w, x, width, depths):
    x = layer_norm(w, "stem.1", patches(w, "stem.0", x, width, 4), EPSILON)
    for stage, depth in enumerate(depths):
        if stage > 0:
            x = layer_norm(w, f"stages.{stage}.downsample.0", x, EPSILON)
            x = patches(w, f"stages.{stage}.downsample.1", x, width << stage, 2)
        for i in range(depth):
            x = block(w, f"stages.{stage}.blocks.{i}", x)
    return linear(w, "head.fc", layer_norm(w, "head.norm", x.mean((1, 2)), EPSILON), CLASSES)


for architecture in sys.argv[2:]:
    weights = Weights(stored_as) if architecture in CONV_MLP else Weights()
    pictures = np.random.default_rng(4).standard_normal((2, 3, SIDE, SIDE)).astype(np.float32)
    logits = network(weights, pictures.astype(np.float64).transpose(0, 2, 3, 1), WIDTHS[architecture],
                     DEPTHS[architecture])
    write_reference(sys.argv[1], architecture, weights.tensors, pictures, logits)
