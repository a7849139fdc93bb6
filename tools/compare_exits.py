#!/usr/bin/python3
"""What exits save on several networks for the same images: one without blocks or with gates beside the whole one.

    tools/compare_exits.py DYCE TRAIN TEST FOLDER MODEL..

The first MODEL is the whole network; all losses and savings are against it with its exits off. TRAIN and TEST are images in class
folders. Each model gets `grid4-mlp2x128` heads at all sites with three seeds, is recorded on the two halves of TEST and searched on
each. Of the configurations found on one half the cheapest is taken that loses at most a limit there (the most accurate where all
lose more), judged on the other, and the halves are exchanged. Printed: means of the seeds, in brackets their extremes, and the mean difference to the first model.
A MODEL trained with each seed itself has SEED in its name, which stands for 0, 1 and 2. FOLDER keeps what is done, so that the same
command goes on. Needs python3-numpy.
"""
import json
import os
import sys

import numpy

from operating_points import judge_cheapest, run, spread

SEEDS = (0, 1, 2)
LIMITS = (0.005, 0.003, 0.002, 0.001)  # lost on the half where a configuration is chosen
TRAINING = ["--heads", "grid4-mlp2x128", "--passes", "1", "--epochs", "5", "--lr", "0.016", "--threads", "1", "--quiet"]


def record(dyce, train, test, folder, model, seed):
    """The records of both halves."""
    model = model.replace("SEED", str(seed))
    name = os.path.join(folder, os.path.basename(model)[:-len(".safetensors")])
    os.makedirs(name + ".cache", exist_ok=True)
    halves = []
    for half in (0, 1):
        halves.append(f"{name}.{seed}.{half}.npz")
        if os.path.exists(halves[-1]):
            continue
        exits = f"{name}.{seed}.safetensors"
        if not os.path.exists(exits):
            run(dyce, "train", model, "--data", train, *TRAINING, "--seed", str(seed), "--cache", name + ".cache", "-o", exits)
        run(dyce, "record", exits, "--data", test, "--shard", f"{half}/2", "--threads", "1", "--quiet", "-o", halves[-1])
    return halves


def accuracy_of_network(path):
    data = numpy.load(path)
    return (data["preds"][-1, :, 0] == data["label"][:, 0]).mean()


def judge(dyce, halves, limit, accuracies, macs):
    """Saved and lost, the mean of both halves."""
    points = []
    for chosen, judged in ((0, 1), (1, 0)):
        answer = judge_cheapest(dyce, halves[chosen], halves[judged], accuracies[chosen], limit)
        points.append((1 - answer["macs"] / macs, accuracies[judged] - answer["accuracy"]))
    return numpy.mean(points, axis=0)


def main(dyce, train, test, folder, *models):
    records = {model: [record(dyce, train, test, folder, model, seed) for seed in SEEDS] for model in models}
    whole = records[models[0]][0]
    accuracies = [accuracy_of_network(half) for half in whole]
    macs = json.loads(run(dyce, "inspect", models[0], "--json"))["macs"]
    names = {model: os.path.basename(model) for model in models}
    print(f"{names[models[0]]}: {' '.join(f'{100 * a:.2f}' for a in accuracies)} % on the halves, {macs} multiply-adds")
    for limit in LIMITS:
        first = None
        for model in models:
            saved, lost = numpy.array([judge(dyce, halves, limit, accuracies, macs) for halves in records[model]]).T
            first = saved.mean() if first is None else first
            print(f"chosen within {100 * limit:.1f}: {names[model]} saves {spread(saved)}, loses {spread(lost)}; "
                  f"{100 * (saved.mean() - first):+.2f}", flush=True)


main(*sys.argv[1:])
