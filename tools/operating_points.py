"""What the scripts that compare exits share: configurations chosen on one record and judged on another."""
import json
import os
import subprocess


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def search(dyce, record):
    """The set searched on the record, a file beside it."""
    sets = record[:-len(".npz")] + ".configs.json"
    if not os.path.exists(sets):
        run(dyce, "search", record, "-o", sets, "--quiet")
    return sets


def judge_cheapest(dyce, chosen_on, judged_on, least=None, lost=0.0):
    """What `dyce eval` says on one record of the cheapest configuration searched on another that is right at least
    `least` (the network's own accuracy there) less `lost`; where none is, of the most accurate."""
    sets = search(dyce, chosen_on)
    with open(sets) as text:
        found = json.load(text)
    floor = (found["base"]["accuracy"] if least is None else least) - lost
    good = [c for c in found["configurations"] if c["accuracy"] >= floor]
    best = min(good, key=lambda c: c["cost"]) if good else max(found["configurations"], key=lambda c: c["accuracy"])
    return json.loads(run(dyce, "eval", "--records", judged_on, "--config", f"{sets}:{best['name']}", "--json"))


def spread(values):
    """Mean and extremes, in hundredths."""
    return f"{100 * values.mean():.2f} ({100 * values.min():.2f} to {100 * values.max():.2f})"
