#!/usr/bin/python3
"""What a deadline costs in accuracy.

    tools/measure_deadlines.py DYCE FOLDER [--deadline-ms 5] [--threads 1] [--rounds 2] [-- MODEL OPTIONS..]

FOLDER holds class folders; without a MODEL the embedded one answers. The images are classified without and with a
deadline, in turns. An image is right when its best label is the name of its folder. One that took over a
millisecond longer under the deadline than its quickest run without one was held up by the host, not by the network:
the deadline could only be kept by an earlier exit. Such images are counted apart. Needs nothing but Python.
"""
import argparse
import json
import os
import statistics
import subprocess

LOST_US = 1000


def classify(dyce, model, folder, options):
    command = [dyce, "classify", *model[:1], folder, "-r", "--jsonl", "--topk", "1", "--quiet", *options, *model[1:]]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {answer["filename"]: answer for answer in map(json.loads, output.splitlines())}


def is_right(answer):
    return answer["label"][0] == os.path.basename(os.path.dirname(answer["filename"]))


def percent(part, whole):
    return 100 * part / whole if whole else float("nan")


def compare(quiet, free, timed):
    """Prints one round: `quiet` has each image's least latency without a deadline."""
    lost = {name for name, answer in timed.items() if answer["latency_us"] > quiet[name] + LOST_US}
    kept = timed.keys() - lost
    with_deadline = percent(sum(is_right(timed[name]) for name in kept), len(kept))
    without = percent(sum(is_right(free[name]) for name in kept), len(kept))
    latencies = sorted(answer["latency_us"] / 1000 for answer in timed.values())
    late = sum(timed[name]["late"] for name in kept)
    print(f"{len(kept)} images not held up: {with_deadline:.2f} % right, {without:.2f} % without a deadline "
          f"({with_deadline - without:+.2f}); {late} late")
    print(f"{len(lost)} held up by the host: {percent(sum(is_right(timed[n]) for n in lost), len(lost)):.2f} % right, "
          f"{percent(sum(is_right(free[n]) for n in lost), len(lost)):.2f} % without; "
          f"{sum(timed[n]['late'] for n in lost)} late")
    print(f"median {statistics.median(latencies):.2f} ms, p99 {latencies[len(latencies) * 99 // 100]:.2f} ms, "
          f"longest {latencies[-1]:.2f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dyce")
    parser.add_argument("folder")
    parser.add_argument("--deadline-ms", default="5")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("model", nargs="*", help="after --: a model and its options")
    arguments = parser.parse_args()
    threads = ["--threads", arguments.threads]
    quiet, rounds = {}, []
    for _ in range(arguments.rounds):
        free = classify(arguments.dyce, arguments.model, arguments.folder, threads)
        timed = classify(arguments.dyce, arguments.model, arguments.folder,
                         [*threads, "--deadline-ms", arguments.deadline_ms])
        rounds.append((free, timed))
        for name, answer in free.items():
            quiet[name] = min(quiet.get(name, float("inf")), answer["latency_us"])
    for free, timed in rounds:
        compare(quiet, free, timed)


main()
