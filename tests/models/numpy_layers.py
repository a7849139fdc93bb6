"""Layers in plain NumPy, float64, that make their random weights when they are first asked for.

Arrays are pictures x .. x channels. EPSILON differs from family to family, so norms are told.
"""
import math

import numpy as np


class Weights:
    """Makes each parameter when it is asked for. `stored_as` may give a linear layer's weight another shape."""

    def __init__(self, stored_as=lambda name, shape: shape):
        self.random = np.random.default_rng(3)
        self.stored_as = stored_as
        self.tensors = {}

    def values(self, name, shape, mean, deviation):
        array = (mean + deviation * self.random.standard_normal(shape)).astype(np.float32)
        self.tensors[name] = array.reshape(self.stored_as(name, shape))
        return array.astype(np.float64)

    def matrix(self, name, *shape):
        weight = self.values(name + ".weight", shape, 0, 1 / math.sqrt(math.prod(shape[1:])))
        return weight, self.vector(name + ".bias", shape[0], 0)

    def vector(self, name, size, mean):
        return self.values(name, (size,), mean, 0.3)


def layer_norm(w, name, x, epsilon):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    size = x.shape[-1]
    scale, shift = w.vector(name + ".weight", size, 1), w.vector(name + ".bias", size, 0)
    return (x - mean) / np.sqrt(variance + epsilon) * scale + shift


def linear(w, name, x, outputs):
    weight, bias = w.matrix(name, outputs, x.shape[-1])
    return x @ weight.T + bias


def patches(w, name, x, outputs, size):
    """A convolution of stride = kernel: each patch of size x size becomes one pixel."""
    n, rows, columns, channels = x.shape
    weight, bias = w.matrix(name, outputs, channels, size, size)
    cells = x.reshape(n, rows // size, size, columns // size, size, channels)
    return np.einsum("nyixjc,ocij->nyxo", cells, weight, optimize=True) + bias


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
