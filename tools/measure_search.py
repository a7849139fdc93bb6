#!/usr/bin/python3
"""Time and memory of `dyce search` on a made-up record.

    tools/measure_search.py DYCE [--images N] [--sites P] [--types T] [--lambda LOW:HIGH:STEP]
                            [--methods best,one-pass,..] [--threads N]

The record (docs/record-format.md) is that of a network with P sites of T exits each: images differ in difficulty,
and later exits and types are right more often and surer. Printed for each method: the seconds, and the peak of
resident memory, also as a multiple of the record's file. Needs python3-numpy.
"""
import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

import numpy

CLASSES = 1000
BACKBONE_MACS = 4_000_000_000
HEAD_MACS = 2_000_000


def answers(random, labels, difficulty, strength):
    """Predictions and scores of an exit: logistic in how much stronger it is than an image is difficult."""
    noise = random.standard_normal(labels.size, dtype=numpy.float32)
    sureness = 1 / (1 + numpy.exp(-3 * (strength - difficulty) - noise))
    right = random.random(labels.size, dtype=numpy.float32) < sureness
    guesses = random.integers(0, CLASSES, labels.size, dtype=numpy.int16)
    return numpy.where(right, labels, guesses), sureness


def description(images, sites, types):
    """meta_json. Sites divide the backbone evenly."""
    positions = [{"member": 0, "site": site, "name": f"block{site}", "macs": BACKBONE_MACS * (site + 1) // (sites + 1)}
                 for site in range(sites)]
    positions.append({"member": 0, "site": -1, "name": "logits", "macs": BACKBONE_MACS})
    heads = [{"position": site, "type": name, "macs": HEAD_MACS * (index + 1)}
             for site in range(sites) for index, name in enumerate(types)]
    return {"schema": "dyce.record/1", "model_digest": "0" * 32, "preprocess_digest": "0" * 32,
            "plan_digest": "0" * 32, "precision": "f32", "classes": CLASSES,
            "pictures": {"count": images, "digest": "0" * 32}, "shard": {"index": 0, "of": 1},
            "positions": positions, "types": types, "heads": heads, "missing": []}


def write_record(path, images, sites, types):
    random = numpy.random.default_rng(1)
    labels = random.integers(0, CLASSES, images, dtype=numpy.int16)
    difficulty = random.standard_normal(images, dtype=numpy.float32)
    columns = sites * len(types) + 1
    predictions = numpy.empty((columns, images, 1), numpy.int16)
    scores = numpy.empty((columns, images, 1), numpy.float32)
    for column in range(columns):
        site, index = divmod(column, len(types))
        strength = 1.5 * site / sites + 0.2 * index if site < sites else 1.7
        predictions[column, :, 0], scores[column, :, 0] = answers(random, labels, difficulty, strength)
    text = json.dumps(description(images, sites, types)).encode()
    numpy.savez(path, label=labels[:, None], preds=predictions, confs=scores,
                meta_json=numpy.frombuffer(text, numpy.uint8))


def measure(command):
    """Seconds on the clock and of the processor, and the peak of resident bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    status, usage = os.wait4(process.pid, 0)[1:]
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dyce")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--sites", type=int, default=30)
    parser.add_argument("--types", type=int, default=1)
    parser.add_argument("--lambda", dest="sweep", default="0.5:1.0:0.0005")
    parser.add_argument("--methods", default="best")
    parser.add_argument("--threads", default=str(len(os.sched_getaffinity(0))))
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "record.npz")
        types = [f"t{index}" for index in range(arguments.types)]
        # In a process of its own: a child begins with the peak of the process that starts it.
        maker = multiprocessing.Process(target=write_record,
                                        args=(record, arguments.images, arguments.sites, types))
        maker.start()
        maker.join()
        size = os.path.getsize(record)
        print(f"{arguments.images} images x {arguments.sites} x {arguments.types} exits, {size / 1e6:.1f} MB")
        for method in arguments.methods.split(","):
            seconds, cpu, peak = measure([arguments.dyce, "search", record, "--method", method, "--lambda",
                                          arguments.sweep, "--threads", arguments.threads, "-o", os.path.join(folder, "set.configs.json")])
            print(f"{method}: {seconds:.1f} s ({cpu:.1f} s of CPU time), "
                  f"peak {peak / 1e6:.1f} MB, {peak / size:.2f} x the record", flush=True)


if __name__ == "__main__":
    main()
