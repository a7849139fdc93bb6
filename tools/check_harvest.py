#!/usr/bin/python3
"""What a network answers on harvested energy: `dyce bench --energy-trace` at rising powers.

    tools/check_harvest.py DYCE MODEL DATA [--limit 5000] [--powers 0.05,0.1,..] [--capacity SHARE] [--config SET[:NAME]]

MODEL has exits. Costs are measured once (`bench --segments`, two watts). Powers are watts in the mean; the harvest changes
every 5 ms, at random and for each power alike. The store holds CAPACITY times what an image costs on its whole way. For each power: how many images were answered,
the mean position where they left, accuracy and cut images. Exit code 1 when an image that was begun has no answer, when
the mean position falls with more power, or accuracy falls by more than 0.3 points below that of a lower power.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

WATTS, PERIOD = 2, 0.005


def run(*words):
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def whole_way(costs):
    """Joules of an image that goes through everything."""
    segments = next(row for row in costs["results"] if row["batch"] == 1)["segments"]
    return WATTS * sum(row["segment_ms"] for row in segments) / 1000


def write_trace(path, watts, seconds):
    random_ = random.Random(1)
    with open(path, "w") as file:
        for i in range(int(seconds / PERIOD) + 1):
            file.write(f"{i * PERIOD:.3f},{watts * random_.expovariate(1)}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dyce"), parser.add_argument("model"), parser.add_argument("data")
    parser.add_argument("--limit", type=int, default=5000), parser.add_argument("--capacity", type=float, default=4)
    parser.add_argument("--powers", default="0.5,1,1.5,2,2.5,3"), parser.add_argument("--config")
    arguments = parser.parse_args()
    failed, exit_before, best = False, -1, 0
    with tempfile.TemporaryDirectory() as folder:
        costs, trace = os.path.join(folder, "costs.json"), os.path.join(folder, "harvest.csv")
        measured = run(arguments.dyce, "bench", arguments.model, "--segments", "--json", "--threads", "1", "--batch", "1")
        with open(costs, "w") as file:
            json.dump(measured, file)
        joules = whole_way(measured)
        for power in map(float, arguments.powers.split(",")):
            write_trace(trace, power, 2 * arguments.limit * joules / min(power, WATTS))
            setting = f"{trace}:capacity={arguments.capacity * joules},cost={costs},watts={WATTS}"
            row = run(arguments.dyce, "bench", arguments.model, "--data", arguments.data, "--limit", str(arguments.limit),
                      "--energy-trace", setting, "--json", *(["--config", arguments.config] if arguments.config else []))
            row = row["results"][0]["energy"]
            print(f"{power} W: {row['answered']} answered, {row['waiting']} waiting, mean exit {row['mean_exit']:.3f}, "
                  f"{100 * row['accuracy']:.2f} % right, {row['cut']} cut", flush=True)
            failed |= row["answered"] + row["waiting"] != row["images"] or row["failed"] > 0
            failed |= row["mean_exit"] < exit_before or row["accuracy"] < best - 0.003
            exit_before, best = row["mean_exit"], max(best, row["accuracy"])
    if failed:
        print("not what more power should bring", file=sys.stderr)
    return failed


sys.exit(main())
