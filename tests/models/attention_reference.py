"""DeiT and Swin in plain NumPy, float64: writes random weights under timm's and torchvision's names, and the logits.

    attention_reference.py FOLDER ARCHITECTURE...      (needs python3-numpy)

Follows Touvron et al., 2020 (arXiv 2012.12877) and Liu et al., 2021 (arXiv 2103.14030), section 3. Which places of
a shifted window see each other is decided here by their distance in the map, not by cutting the map into pieces.
"""
import sys

import numpy as np

from numpy_layers import Weights, gelu, layer_norm, linear, patches
from reference_files import write_reference

CLASSES = 37
SIDE = 64
WINDOW = 7
SHIFT = 3


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def attention(w, x, heads, bias):
    """x: .. x T x C; bias(head) is added to the T x T scores of a head."""
    width = x.shape[-1] // heads
    qkv = linear(w, w.prefix + ".attn.qkv", x, 3 * x.shape[-1])
    joined = np.zeros_like(x)
    for head in range(heads):
        q, k, v = (qkv[..., part * x.shape[-1] + head * width:][..., :width] for part in range(3))
        scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(width) + bias(head)
        joined[..., head * width:(head + 1) * width] = softmax(scores) @ v
    return linear(w, w.prefix + ".attn.proj", joined, x.shape[-1])


def feed_forward(w, first, second, x):
    inside = gelu(linear(w, f"{w.prefix}.{first}", x, 4 * x.shape[-1]))
    return linear(w, f"{w.prefix}.{second}", inside, x.shape[-1])


def deit_tiny(w, pictures):
    x = patches(w, "patch_embed.proj", pictures, 192, 16).reshape(len(pictures), -1, 192)
    token = w.values("cls_token", (1, 1, 192), 0, 1)
    x = np.concatenate([np.repeat(token, len(x), 0), x], 1)
    x = x + w.values("pos_embed", (1, x.shape[1], 192), 0, 1)
    for i in range(12):
        w.prefix = f"blocks.{i}"
        x = x + attention(w, layer_norm(w, w.prefix + ".norm1", x, 1e-6), 3, lambda head: 0)
        x = x + feed_forward(w, "mlp.fc1", "mlp.fc2", layer_norm(w, w.prefix + ".norm2", x, 1e-6))
    return linear(w, "head", layer_norm(w, "norm", x, 1e-6)[:, 0], CLASSES)


def rows_and_columns(height, width):
    return np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1)


def cut(x):
    """.. x H x W x C to .. x windows x places x C."""
    *outer, height, width, channels = x.shape
    x = x.reshape(*outer, height // WINDOW, WINDOW, width // WINDOW, WINDOW, channels)
    return np.swapaxes(x, -4, -3).reshape(*outer, -1, WINDOW * WINDOW, channels)


def paste(x, height, width):
    x = x.reshape(len(x), height // WINDOW, width // WINDOW, WINDOW, WINDOW, -1)
    return np.swapaxes(x, 2, 3).reshape(len(x), height, width, -1)


def window_attention(w, x, heads, shift):
    n, height, width, channels = x.shape
    x = np.pad(x, [(0, 0), (0, -height % WINDOW), (0, -width % WINDOW), (0, 0)])
    shifts = [shift if size > WINDOW else 0 for size in x.shape[1:3]]
    x = np.roll(x, [-s for s in shifts], (1, 2))
    places = cut(np.roll(rows_and_columns(*x.shape[1:3]), [-s for s in shifts], (0, 1)))
    unseen = (np.abs(places[:, :, None] - places[:, None]) >= WINDOW).any(-1)
    inside = rows_and_columns(WINDOW, WINDOW).reshape(-1, 2)
    steps = inside[:, None] - inside[None] + WINDOW - 1
    table = w.values(w.prefix + ".attn.relative_position_bias_table", ((2 * WINDOW - 1) ** 2, heads), 0, 1)
    bias = table[steps[..., 0] * (2 * WINDOW - 1) + steps[..., 1]]
    x = attention(w, cut(x), heads, lambda head: bias[..., head] - 100.0 * unseen)
    x = paste(x, height + -height % WINDOW, width + -width % WINDOW)
    return np.roll(x, shifts, (1, 2))[:, :height, :width]


def swin_t(w, pictures):
    x = layer_norm(w, "features.0.2", patches(w, "features.0.0", pictures, 96, 4), 1e-5)
    for stage, depth in enumerate([2, 2, 6, 2]):
        if stage > 0:
            x = np.concatenate([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
            name = f"features.{2 * stage}"
            x = layer_norm(w, name + ".norm", x, 1e-5)
            x = x @ w.values(name + ".reduction.weight", (x.shape[-1] // 2, x.shape[-1]), 0, x.shape[-1] ** -0.5).T
        for i in range(depth):
            w.prefix = f"features.{2 * stage + 1}.{i}"
            normed = layer_norm(w, w.prefix + ".norm1", x, 1e-5)
            x = x + window_attention(w, normed, 3 << stage, i % 2 * SHIFT)
            x = x + feed_forward(w, "mlp.0", "mlp.3", layer_norm(w, w.prefix + ".norm2", x, 1e-5))
    return linear(w, "head", layer_norm(w, "norm", x, 1e-5).mean((1, 2)), CLASSES)


for architecture in sys.argv[2:]:
    weights = Weights()
    weights.prefix = ""
    images = np.random.default_rng(4).standard_normal((2, 3, SIDE, SIDE)).astype(np.float32)
    network = {"deit_tiny": deit_tiny, "swin_t": swin_t}[architecture]
    logits = network(weights, images.astype(np.float64).transpose(0, 2, 3, 1))
    write_reference(sys.argv[1], architecture, weights.tensors, images, logits)
