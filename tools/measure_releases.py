#!/usr/bin/env python3
"""What a change costs in time: the medians of a new dyce over those of an old one, on six networks.

  tools/measure_releases.py OLD NEW ASSETS [--networks resnet20,..] [--batch 1,32] [--threads 1,2] [--precision f32]
                            [--seconds 1] [--rounds 5] [--mean 1.01] [--worst 1.04] [--json FILE]

OLD and NEW are the two programs, ASSETS the folder of shared test data. OLD converts the networks; both read its files.
A round times OLD, NEW and OLD again on one network after another, each program first in turn, so that whatever else the
machine does falls on all alike. A row is the median of the rounds' ratios; beside it stands OLD again over OLD, which
is what the machine alone makes of 1. At the end: the geometric mean of all rows and the largest. Exit code 1 when they
are above --mean and --worst and OLD again is not. Needs nothing but Python, and an otherwise idle machine.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

NETWORKS = {"resnet20": "cifar10/cifar10_resnet20", "resnet56": "cifar10/cifar10_resnet56",
            "resnet8_2ee": "cifar10/resnet8_2ee", "micronet_ee": "cifar100/micronet_ee",
            "squeezenet1_1": "imagenet/squeezenet1_1", "mobilenet_v2": "imagenet/mobilenet_v2"}


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def medians(program, model, options):
    """Milliseconds by (batch, threads)."""
    answer = json.loads(run([program, "bench", model, "--batch", options.batch, "--threads", options.threads, "--precision",
                             options.precision, "--duration", str(options.seconds), "--json", "--quiet"]))
    rows = answer if isinstance(answer, list) else answer["results"]
    return {(row["batch"], row["threads"]): row["median_ms"] for row in rows}


def measure(programs, models, options):
    """{(network, batch, threads): {name: its median in each round}}; `programs` is [(name, path)]."""
    times = {}
    for number in range(options.rounds):
        order = programs[number % len(programs):] + programs[:number % len(programs)]
        for network, model in models.items():
            for name, program in order:
                for setting, ms in medians(program, model, options).items():
                    times.setdefault((network, *setting), {}).setdefault(name, []).append(ms)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    return times


def ratios(times, name):
    """By setting: the median of the rounds' times of `name` over those of OLD."""
    return {setting: statistics.median(b / a for a, b in zip(by_name["old"], by_name[name]))
            for setting, by_name in times.items()}


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def report(times):
    """Prints the table; (mean, largest) of new and of old again."""
    new, again = ratios(times, "new"), ratios(times, "again")
    print("network         batch  threads    old ms    new ms  new/old  old/old")
    for (network, batch, threads), by_name in times.items():
        at = network, batch, threads
        print(f"{network:15} {batch:5} {threads:8} {statistics.median(by_name['old']):9.4g}"
              f" {statistics.median(by_name['new']):9.4g} {new[at]:8.3f} {again[at]:8.3f}")
    summary = {name: (geometric_mean(of.values()), max(of.values())) for name, of in (("new", new), ("again", again))}
    for what, at in (("geometric mean", 0), ("largest", 1)):
        print(f"{what:49} {summary['new'][at]:8.3f} {summary['again'][at]:8.3f}")
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("assets")
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--batch", default="1,32")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mean", type=float, default=1.01)
    parser.add_argument("--worst", type=float, default=1.04)
    parser.add_argument("--json", metavar="FILE", help="all times, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = {}
        for network in options.networks.split(","):
            models[network] = os.path.join(folder, network + ".safetensors")
            run([options.old, "convert", os.path.join(options.assets, NETWORKS[network] + ".onnx"), "--preset",
                 "imagenet" if NETWORKS[network].startswith("imagenet") else "cifar10", "-o", models[network], "--quiet"])
        times = measure([("old", options.old), ("new", options.new), ("again", options.old)], models, options)
    summary = report(times)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([{"network": n, "batch": b, "threads": t, **by_name} for (n, b, t), by_name in times.items()], file)
    over = [limit for at, limit in ((0, options.mean), (1, options.worst)) if summary["new"][at] > limit]
    noisy = [limit for at, limit in ((0, options.mean), (1, options.worst)) if summary["again"][at] > limit]
    if noisy:
        print(f"the machine is too restless for limits of {options.mean} and {options.worst}")
    return 1 if over and not noisy else 0


if __name__ == "__main__":
    sys.exit(main())
