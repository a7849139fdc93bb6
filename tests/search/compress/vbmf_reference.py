"""Reference numbers for tests/search/compress/factors_test.cpp, by numpy and the formulas of Nakajima et al. (2013).

    vbmf_reference.py [NETWORK.safetensors ..]

Prints, for weights drawn by the generator below, the ranks of both unfoldings and the relative error that Tucker-2 by
higher-order orthogonal iteration leaves; then the ranks of the convolutions of networks. The free energy has several
minima: which one counts depends on the minimiser, so that of the published code is repeated here.
"""
import json
import struct
import sys

import numpy as np


def draw(seed, outputs, inputs, kernel, rank, noise):
    """Low-rank weights plus noise, from a 64-bit linear congruential generator that C++ repeats exactly."""
    state = seed
    def uniform():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (state >> 40) / (1 << 24) - 0.5
    a = np.array([[uniform() for _ in range(rank)] for _ in range(outputs)])
    b = np.array([[uniform() for _ in range(inputs)] for _ in range(rank)])
    c = np.array([[uniform() for _ in range(kernel)] for _ in range(rank)])
    w = np.einsum("or,ri,rk->oik", a, b, c)
    return (w + noise * np.array([uniform() for _ in range(w.size)]).reshape(w.shape)).astype(np.float32).astype(np.float64)


def free_energy(variance, s, rows, columns):
    alpha = rows / columns
    tau_bar = 2.5129 * np.sqrt(alpha)
    bound = (1 + tau_bar) * (1 + alpha / tau_bar)
    x = s ** 2 / (columns * variance)
    big, small = x[x > bound], x[x <= bound]
    tau = 0.5 * (big - (1 + alpha) + np.sqrt((big - (1 + alpha)) ** 2 - 4 * alpha))
    return (np.sum(small - np.log(small)) + np.sum(big - tau) + np.sum(np.log((tau + 1) / big))
            + alpha * np.sum(np.log(tau / alpha + 1)))


def bounded(function, a, b, tolerance=1e-5):
    """scipy.optimize.minimize_scalar(method="bounded"), as the published VBMF.py calls it, tolerance and all."""
    golden_mean, root = 0.5 * (3 - np.sqrt(5)), np.sqrt(2.2e-16)
    x = best = second = third = a + golden_mean * (b - a)
    at_best = at_second = at_third = function(x)
    step = before = 0.0
    middle, tol = 0.5 * (a + b), root * abs(best) + tolerance / 3
    for _ in range(499):
        if abs(best - middle) <= 2 * tol - 0.5 * (b - a):
            break
        golden = abs(before) <= tol
        if not golden:
            r, q = (best - second) * (at_best - at_third), (best - third) * (at_best - at_second)
            p, q = (best - third) * q - (best - second) * r, 2 * (q - r)
            p, q, r, before = -p if q > 0 else p, abs(q), before, step
            if abs(p) < abs(0.5 * q * r) and q * (a - best) < p < q * (b - best):
                step = p / q
                if best + step - a < 2 * tol or b - best - step < 2 * tol:
                    step = tol if middle >= best else -tol
            else:
                golden = True
        if golden:
            before = a - best if best >= middle else b - best
            step = golden_mean * before
        x = best + (1 if step >= 0 else -1) * max(abs(step), tol)
        at_x = function(x)
        if at_x <= at_best:
            a, b = (best, b) if x >= best else (a, best)
            third, at_third, second, at_second, best, at_best = second, at_second, best, at_best, x, at_x
        else:
            a, b = (x, b) if x < best else (a, x)
            if at_x <= at_second or second == best:
                third, at_third, second, at_second = second, at_second, x, at_x
            elif at_x <= at_third or third in (best, second):
                third, at_third = x, at_x
        middle, tol = 0.5 * (a + b), root * abs(best) + tolerance / 3
    return best


def rank(matrix):
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    rows, columns = matrix.shape
    s = np.linalg.svd(matrix, compute_uv=False)
    alpha = rows / columns
    tau_bar = 2.5129 * np.sqrt(alpha)
    bound = (1 + tau_bar) * (1 + alpha / tau_bar)
    first = int(min(np.ceil(rows / (1 + alpha)) - 1, rows))
    low = max(s[first] ** 2 / (columns * bound), np.mean(s[first:] ** 2) / columns)
    high = np.sum(s ** 2) / (rows * columns)
    variance = bounded(lambda v: free_energy(v, s, rows, columns), low, high)
    return int(np.sum(s > np.sqrt(columns * variance * bound)))


def tucker_error(w, outputs, inputs):
    def vectors(matrix, count):
        return np.linalg.svd(matrix, full_matrices=False)[0][:, :count]
    unfold = lambda t, axis: np.moveaxis(t, axis, 0).reshape(t.shape[axis], -1)
    u, v = vectors(unfold(w, 0), outputs), vectors(unfold(w, 1), inputs)
    for _ in range(500):
        u = vectors(unfold(np.einsum("oik,ir->ork", w, v), 0), outputs)
        v = vectors(unfold(np.einsum("oik,or->rik", w, u), 1), inputs)
    near = np.einsum("oik,or,pr,is,js->pjk", w, u, u, v, v)
    return np.linalg.norm(near - w) / np.linalg.norm(w)


for row in [(1, 16, 16, 9, 3, 0.02), (2, 32, 16, 9, 5, 0.05), (3, 64, 64, 9, 12, 0.05), (4, 24, 48, 9, 8, 0.01),
            (5, 16, 16, 9, 2, 1.0), (6, 64, 32, 9, 20, 0.02)]:
    w = draw(*row)
    by_outputs, by_inputs = w.reshape(w.shape[0], -1), np.moveaxis(w, 1, 0).reshape(w.shape[1], -1)
    half = (max(row[1] // 4, 1), max(row[2] // 4, 1))
    print("{%d, %d, %d, %d, %d, %g, %d, %d, %.9f}," % (*row, rank(by_outputs), rank(by_inputs), tucker_error(w, *half)))

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data, ranks = file.read(), []
    for name, entry in sorted(header.items()):
        if name != "__metadata__" and len(entry["shape"]) == 4:
            begin, end = entry["data_offsets"]
            w = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"]).astype(np.float64)
            ranks.append("{%d, %d}" % (rank(w.reshape(w.shape[0], -1)), rank(np.moveaxis(w, 1, 0).reshape(w.shape[1], -1))))
    print(", ".join(ranks))
