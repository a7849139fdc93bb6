#!/usr/bin/python3
"""What the records of tools/measure_one_branch.sh say.

    tools/compare_branches.py DYCE FOLDER

FOLDER has TYPE.RATE.SEED.HALF.npz, the two halves of the test images. Of each type the rate is chosen by the mean accuracy over
seeds and sites on one half and judged on the other, then the halves are exchanged; likewise configurations. Printed: means of
the seeds, in brackets their extremes, and the difference to the first type, paired image by image, with a 95 % interval of the
images. Needs python3-numpy.
"""
import collections
import os
import sys

import numpy

from operating_points import judge_cheapest, spread

TYPES = ["grid4-mlp2x128", "grid4-mlp2x8", "stage-grid4-80", "stage-grid4-64", "stage-grid4-32", "shared-grid4-32"]
SHOWN_SITES = [0, 8, 17, 24, 25, 26]
LOST = 0.005  # of the network's accuracy, where a configuration is chosen


def right_answers(path):
    """Sites x images: whether the head is right."""
    record = numpy.load(path)
    return (record["preds"][:-1, :, 0] == record["label"][:, 0]).astype(float)


def read(folder):
    """Of type, rate and half: seeds x sites x images, and the files."""
    arrays, files = collections.defaultdict(list), collections.defaultdict(list)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".npz"):
            kind, rest = name.split(".", 1)
            rate, _, half = rest[:-len(".npz")].rsplit(".", 2)
            arrays[kind, rate, int(half)].append(right_answers(os.path.join(folder, name)))
            files[kind, rate, int(half)].append(os.path.join(folder, name))
    return {key: numpy.stack(value) for key, value in arrays.items()}, files


def operating_point(dyce, chosen_on, judged_on):
    """Of the cheapest configuration that loses at most LOST on one record: saved and lost on another."""
    judged = judge_cheapest(dyce, chosen_on, judged_on, lost=LOST)
    return 1 - judged["macs"] / judged["base_macs"], judged["base_accuracy"] - judged["accuracy"]


def main(dyce, folder):
    arrays, files = read(folder)
    reference = None
    for kind in TYPES:
        rates = sorted({rate for (other, rate, _) in arrays if other == kind}, key=float)
        for rate in rates:
            both = numpy.concatenate([arrays[kind, rate, half] for half in (0, 1)], axis=2)
            print(f"  {kind} {rate}: {spread(both.mean(axis=(1, 2)))}")
        chosen = [max(rates, key=lambda rate: arrays[kind, rate, 1 - half].mean()) for half in (0, 1)]
        right = numpy.concatenate([arrays[kind, chosen[half], half] for half in (0, 1)], axis=2)
        reference = right if reference is None else reference
        paired = 100 * (right - reference).mean(axis=(0, 1))
        sites = " ".join(f"{100 * right[:, site].mean():.1f}" for site in SHOWN_SITES)
        points = [operating_point(dyce, *pair) for half in (0, 1)
                  for pair in zip(files[kind, chosen[half], 1 - half], files[kind, chosen[half], half])]
        saved, lost = numpy.array(points).reshape(2, -1, 2).mean(axis=0).T
        print(f"{kind}: rates {' '.join(chosen)}; mean {spread(right.mean(axis=(1, 2)))}; to the first "
              f"{paired.mean():+.2f} +- {1.96 * paired.std() / paired.size ** 0.5:.2f}; sites {sites}; "
              f"saves {spread(saved)}, loses {spread(lost)}", flush=True)


main(*sys.argv[1:])
