#!/usr/bin/env python3
"""Writes the fixtures of one release: files of every kind, and in expected.json what that release reads from them.

    make_fixtures.py DYCE ANSWERS FOLDER [--beside OTHER]

DYCE is the release's program, ANSWERS is answers.cpp compiled against its library. With --beside, what is in the
folder OTHER byte for byte is left out. README.md says how the files that are here were made.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import zipfile
import zlib

import onnx_bytes

KEPT_IMAGES, SEARCHED_IMAGES = 12, 80
BROKEN = 9  # the image that ends a run of `record --batch 4` behind two blocks
HEADS = ["linear", "mlp2x8", "grid2-linear", "grid2-mlp1x8"]
RECIPE = ["--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25", "--resize", "8", "--crop", "8"]


def png(seed, side=32, cells=4):
    """A coarse pattern of colours."""
    rng = random.Random(seed)
    base = [rng.randrange(256) for _ in range(3)]
    grid = [[bytes(min(255, max(0, b + rng.randrange(-70, 71))) for b in base) for _ in range(cells)]
            for _ in range(cells)]
    rows = b"".join(b"\0" + b"".join(grid[y * cells // side][x * cells // side] for x in range(side))
                    for y in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def scores_of(record, score):
    """Rows of the scores of each exit: NumPy arrays in a stored archive, read without NumPy."""
    with zipfile.ZipFile(record) as archive:
        array = archive.read({"max_softmax": "confs"}.get(score, score) + ".npy")
        meta = json.loads(archive.read("meta_json.npy").split(b"\n", 1)[1])
    header = 10 + struct.unpack_from("<H", array, 8)[0]
    shape = eval(array[10:header])["shape"]  # noqa: S307 - our own file
    values = struct.unpack(f"<{(len(array) - header) // 4}f", array[header:])
    width = len(values) // shape[0]
    step = shape[2] if len(shape) == 3 else 1
    return meta, [values[i * width:(i + 1) * width:step] for i in range(shape[0])]


def threshold_between(scores):
    """In the widest gap near the middle, so that no rounding moves an image to the other side."""
    ordered = sorted(scores)
    middle = range(len(ordered) // 3, 2 * len(ordered) // 3)
    at = max(middle, key=lambda i: ordered[i + 1] - ordered[i])
    return (ordered[at] + ordered[at + 1]) / 2


class Fixtures:
    def __init__(self, dyce, answers, folder, work):
        self.dyce, self.answers, self.folder, self.work = map(os.path.abspath, (dyce, answers, folder, work))
        self.expected = {"program": subprocess.check_output([self.dyce, "--version"], text=True).strip(), "models": {}}

    def run(self, *arguments, code=0):
        done = subprocess.run([self.dyce, *arguments], cwd=self.work, capture_output=True, text=True)
        if done.returncode != code:
            raise SystemExit(f"{arguments}: exit {done.returncode}, {done.stderr}")
        return done.stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_images(self):
        for folder, count, first in ((self.path("images"), KEPT_IMAGES, 1000),
                                     (os.path.join(self.work, "many"), SEARCHED_IMAGES, 0)):
            os.makedirs(folder)
            for i in range(count):
                pathlib.Path(folder, f"{i:02}.png").write_bytes(png(first + i))

    def convert(self, name, network, *arguments):
        pathlib.Path(self.work, "network.onnx").write_bytes(network)
        self.run("convert", "network.onnx", *arguments, "-o", self.path(name))

    def label_images(self, model):
        """Right is what the network itself says, so that accuracy means something without training it."""
        for folder in (self.path("images"), os.path.join(self.work, "many")):
            lines = self.run("classify", self.path(model), folder, "--topk", "1", "--jsonl").splitlines()
            labels = {os.path.basename(row["filename"]): row["index"][0] for row in map(json.loads, lines)}
            pathlib.Path(folder, "list.csv").write_text(
                "path,label\n" + "".join(f"{name},{label}\n" for name, label in sorted(labels.items())))

    def write_models(self):
        self.convert("plain-chain.safetensors", onnx_bytes.plain_chain(11), *RECIPE)
        self.convert("fire-modules.safetensors", onnx_bytes.fire_modules(12), *RECIPE)
        self.convert("swin-like.safetensors", onnx_bytes.swin_like(13), *RECIPE)
        self.convert("imagenet.safetensors", onnx_bytes.residual(14, 224, 7, 31), "--preset", "imagenet")
        self.convert("cifar10.safetensors", onnx_bytes.residual(15, 32, 4, 4), "--preset", "cifar10")
        labels = pathlib.Path(self.work, "labels.txt")
        labels.write_text("cat\ndog\nbird\nfish\nfrog\n")
        self.convert("backbone.safetensors", onnx_bytes.residual(16, 8, 3, 1), *RECIPE, "--labels", str(labels))
        self.convert("small.safetensors", onnx_bytes.small(17), *RECIPE, "--labels", str(labels))
        self.label_images("backbone.safetensors")

        train = ["--epochs", "1", "--passes", "1", "--batch", "8", "--lr", "0.02", "--threads", "1"]
        self.run("train", self.path("backbone.safetensors"), *train, "--data", "many", "--heads", ",".join(HEADS),
                 "-o", self.path("heads.safetensors"))
        self.run("train", self.path("small.safetensors"), *train, "--data", "many", "--heads", "linear", "-o", "small.safetensors")
        os.remove(self.path("small.safetensors"))
        self.run("cascade", "small.safetensors", self.path("heads.safetensors"), "-o", self.path("cascade.safetensors"))
        self.run("quantize", self.path("heads.safetensors"), "--data", "many", "-o", self.path("int8.safetensors"),
                 "--threads", "1")
        self.run("train", self.path("backbone.safetensors"), *train, "--data", self.path("images"), "--heads", "linear",
                 "--cache", "cache", "-o", "other.safetensors")
        [cache] = pathlib.Path(self.work, "cache").iterdir()
        shutil.copy(cache, self.path("features.cache"))

    def write_records(self):
        images = self.path("images")
        record = ["--batch", "4", "--threads", "1"]
        self.run("record", self.path("heads.safetensors"), "--data", images, *record, "-o", self.path("record.npz"))
        self.run("record", self.path("heads.safetensors"), "--data", images, *record, "--topk", "3",
                 "--scores", "margin,entropy", "-o", self.path("record-scores.npz"))
        self.run("record", self.path("cascade.safetensors"), "--data", images, *record, "--shard", "1/2",
                 "-o", self.path("record-shard.npz"))
        broken = pathlib.Path(images, f"{BROKEN:02}.png")
        whole = broken.read_bytes()
        broken.write_bytes(b"no image")
        self.run("record", self.path("heads.safetensors"), "--data", images, *record, "-o", "half.npz", code=3)
        broken.write_bytes(whole)
        shutil.copy(os.path.join(self.work, "half.npz.journal"), self.path("half-done.journal"))

    def write_sets(self):
        for name in ("heads", "cascade"):
            self.run("record", self.path(name + ".safetensors"), "--data", "many", "--threads", "1", "--scores",
                     "margin,entropy", "-o", name + ".npz")
            self.write_kinds(name)
        shutil.copy(self.path("heads.safetensors"), self.path("embedded.safetensors"))
        self.run("search", "heads.npz", "--lambda", "0.5:1.05:0.05", "-o", self.path("searched.configs.json"),
                 "--embed", self.path("embedded.safetensors"))

    def write_kinds(self, name):
        """A set with a configuration for each type of head, and for each score with the first type."""
        model = json.loads(self.run("inspect", self.path(name + ".safetensors"), "--json"))
        found = []
        for score in ("max_softmax", "margin", "entropy", "patience"):
            types = list(dict.fromkeys(head["type"] for head in model["heads"]))
            for head_type in types if score == "max_softmax" else types[:1]:
                exits = [{"site": head["site"], "type": head_type, "threshold": self.threshold(name, score, head)}
                         for head in model["heads"] if head["type"] == head_type]
                found.append((f"{score}.{head_type}", score, exits))
        zeros = dict.fromkeys(("accuracy", "accuracy_low", "macs", "relative_macs", "cost", "relative_cost"), 0)
        content = {"schema": "dyce.configs/1", "model_digest": model["digest"],
                   "preprocess_digest": model["preprocess_digest"], "precision": "f32", "cost_unit": "macs",
                   "split": "none", "validated": "none",
                   "base": {"accuracy": 1, "macs": model["macs"], "cost": model["macs"]},
                   "configurations": [{"name": n, "score": s, "exits": e, **zeros, "exit_share": [], "lambda": None}
                                      for n, s, e in found], "extra": {}}
        pathlib.Path(self.path(name + ".configs.json")).write_text(json.dumps(content, indent=1) + "\n")

    def threshold(self, name, score, head):
        if score == "patience":
            return 1.5
        meta, columns = scores_of(os.path.join(self.work, name + ".npz"), score)
        column = head["site"] * len(meta["types"]) + meta["types"].index(head["type"])
        return threshold_between(columns[column])

    def expect(self):
        images = sorted(str(p) for p in pathlib.Path(self.path("images")).glob("*.png"))
        sets = {"heads": "heads.configs.json", "cascade": "cascade.configs.json", "embedded": "searched.configs.json"}
        for file in sorted(pathlib.Path(self.folder).glob("*.safetensors")):
            inspected = json.loads(self.run("inspect", str(file), "--json"))
            of_set = sets.get(file.stem)
            told = json.loads(subprocess.check_output(
                [self.answers, str(file), self.path(of_set) if of_set else "-", *images], text=True))
            self.expected["platform"] = told["platform"]
            self.expected["models"][file.name] = {
                "inspect": {key: inspected[key] for key in ("arch", "classes", "input", "params", "macs", "sites", "heads",
                                                            "digest", "preprocess_digest", "member_list")},
                "set": of_set, "answers": told["answers"]}
        searched = self.path("searched.configs.json")
        self.expected["selected"] = {
            word: json.loads(self.run("eval", "--records", self.path("record.npz"), "--config", f"{searched}:{word}",
                                      "--json"))["configuration"]
            for word in ("fastest", "balanced", "most-accurate", "max-cost=0.9", "min-accuracy=0.6")}
        in_int8 = os.path.join(self.work, "int8.csv")
        self.run("eval", self.path("int8.safetensors"), "--data", self.path("images"), "--precision", "int8",
                 "--per-image", in_int8)
        self.expected["int8"] = [int(line.split(",")[2]) for line in pathlib.Path(in_int8).read_text().splitlines()[1:]]
        simulated = os.path.join(self.work, "simulated.csv")
        self.run("eval", "--records", self.path("record-scores.npz"), "--config",
                 f"{self.path('heads.configs.json')}:margin.linear", "--per-image", simulated)
        self.expected["simulated"] = pathlib.Path(simulated).read_text().splitlines()

    def drop_what_is_in(self, other):
        for file in [p for p in pathlib.Path(self.folder).rglob("*") if p.is_file()]:
            twin = pathlib.Path(other, file.relative_to(self.folder))
            if twin.is_file() and twin.read_bytes() == file.read_bytes():
                file.unlink()
                self.expected["models"].pop(file.name, None)
        for word, made_of in (("selected", "searched.configs.json"), ("simulated", "record-scores.npz"),
                              ("int8", "int8.safetensors")):
            if not os.path.exists(self.path(made_of)):
                del self.expected[word]
        if not os.listdir(self.path("images")):
            os.rmdir(self.path("images"))

    def write_expected(self):
        pathlib.Path(self.path("expected.json")).write_text(json.dumps(self.expected, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dyce")
    parser.add_argument("answers")
    parser.add_argument("folder")
    parser.add_argument("--beside", metavar="OTHER")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder)
    with tempfile.TemporaryDirectory() as work:
        fixtures = Fixtures(arguments.dyce, arguments.answers, arguments.folder, work)
        fixtures.write_images()
        fixtures.write_models()
        fixtures.write_records()
        fixtures.write_sets()
        fixtures.expect()
        if arguments.beside:
            fixtures.drop_what_is_in(arguments.beside)
        fixtures.write_expected()


if __name__ == "__main__":
    main()
