#!/usr/bin/python3
"""What a teacher is worth to a small network with exits: the same student trained plainly, with plain distillation and
with ERDE (doubt where the teacher is wrong), compared at equal mean multiply-adds.

    tools/compare_distillation.py DYCE TEACHER.safetensors TRAIN TEST FOLDER [EPOCHS [OPTION..]]

OPTIONs go to `dyce train` (--precision bf16, --threads 1). TRAIN and TEST are class folders; FOLDER takes models, logs and records, and what is there already is not made again.
Images leave by the entropy of an exit's answer, one threshold for all exits: along it accuracy is read where the mean
multiply-adds come nearest to each budget. Needs python3-numpy.
"""
import json
import subprocess
import sys
from pathlib import Path

import numpy

BUDGETS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)  # of the student's multiply-adds
STUDENTS = {
    "plain": [],
    "distillation": ["--loss", "distill", "--alpha", "0.5", "--temperature", "2"],
    "ERDE": ["--loss", "erde", "--alpha", "0.5", "--temperature", "2", "--entropy", "0.2"],
}


def student(dyce, teacher, train, folder, name, options, extra, epochs):
    model = folder / f"{name}.safetensors"
    if not model.exists():
        command = [dyce, "train", "--from-scratch", "--arch", "cifar_resnet14", "--resize", "32", "--crop", "32",
                   "--data", train, "--heads", "grid4-mlp2x32", "--sites", "0,1,2,3", "--exit-weight", "1",
                   "--epochs", epochs, "--ema", "0.999", "--holdout", "0", "--seed", "1",
                   "--checkpoint", folder / f"{name}.checkpoint", "--resume", "--log", folder / f"{name}.csv",
                   "-o", model, *extra]
        if options:
            command += ["--teacher", teacher, *options]
        subprocess.run(command, check=True)
    return model


def curve(dyce, model, test, folder, name):
    """(mean multiply-adds relative to the student's, accuracy) for thresholds from never to always."""
    path = folder / f"{name}.npz"
    if not path.exists():
        subprocess.run([dyce, "record", model, "--data", test, "--scores", "max_softmax,entropy", "-o", path],
                       check=True)
    record = numpy.load(path)
    meta = json.loads(record["meta_json"].tobytes())
    scores, right = record["entropy"][:-1], record["preds"][:, :, 0] == record["label"][:, 0]
    backbone = numpy.array([position["macs"] for position in meta["positions"]], float)
    heads = numpy.zeros_like(backbone)
    for head in meta["heads"]:
        heads[head["position"]] += head["macs"]
    cost = backbone + numpy.cumsum(heads)  # heads passed are paid
    points = []
    for threshold in numpy.unique(numpy.quantile(scores, numpy.linspace(0, 1, 2001))):
        fires = numpy.vstack([scores > threshold, numpy.ones(scores.shape[1], bool)])
        left = fires.argmax(axis=0)
        points.append((cost[left].mean() / backbone[-1], right[left, numpy.arange(left.size)].mean()))
    return points


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    dyce, teacher, train, test, folder = sys.argv[1:6]
    epochs, extra = (sys.argv[6:7] or ["12"])[0], sys.argv[7:]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    curves, finals = {}, {}
    for name, options in STUDENTS.items():
        model = student(dyce, teacher, train, folder, name, options, extra, epochs)
        curves[name] = curve(dyce, model, test, folder, name)
        found = subprocess.run([dyce, "eval", model, "--data", test, "--json", "--quiet"], check=True,
                               capture_output=True, text=True)
        finals[name] = json.loads(found.stdout)["accuracy"]
    print(f"{'student':14s}" + "".join(f"{budget:>16.0%} MACs" for budget in BUDGETS) + "   exits off")
    for name, points in curves.items():
        cells = []
        for budget in BUDGETS:
            macs, accuracy = min(points, key=lambda point: abs(point[0] - budget))
            cells.append(f"{accuracy:>10.2%} at {macs:.3f}")
        print(f"{name:14s}" + "".join(f"{cell:>21s}" for cell in cells) + f"   {finals[name]:.2%}")


if __name__ == "__main__":
    main()
