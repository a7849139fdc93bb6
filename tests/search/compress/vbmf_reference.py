"""Reference numbers for tests/search/compress/factors_test.cpp, by numpy and the formulas of Nakajima et al. (2013).

    vbmf_reference.py

Prints, for weights drawn by the generator below, the ranks of both unfoldings and the relative error that Tucker-2 by
higher-order orthogonal iteration leaves. The noise is found by golden section down to 1e-12: no code in common with ours.
"""
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
    # The lowest of a grid, then golden section around it.
    grid = np.linspace(low, high, 20001)
    best = int(np.argmin([free_energy(v, s, rows, columns) for v in grid]))
    a, b = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    golden = (np.sqrt(5) - 1) / 2
    while b - a > 1e-12 * high:
        x, y = b - golden * (b - a), a + golden * (b - a)
        if free_energy(x, s, rows, columns) <= free_energy(y, s, rows, columns):
            b = y
        else:
            a = x
    return int(np.sum(s > np.sqrt(columns * (a + b) / 2 * bound)))


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
