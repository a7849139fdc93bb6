"""Damages sound files of every kind at random and has dyce read them: whatever comes, it answers or refuses.

    mutate.py DYCE [--seconds 30] [--lanes 2] [--seed 1] [--keep FOLDER] [TARGET ..]

Each target - a kind of file and the command that reads it - gets so many seconds of a lane; the same seed damages the same
files in the same order. Wrong are a signal, an exit code that documents do not know, a sanitizer's report, and a run of more than
a minute; the file is kept then. Meant for a build with sanitizers: see tools/fuzz.sh.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import arrays
import containers
import images
import onnx_models

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat", "0.1")
KNOWN_CODES = range(6)
LONGEST = 60  # seconds
NUMBERS = [b"-1", b"0", b"1e999", b"4294967296", b"18446744073709551616", b"nan", b'""', b"[]"]


def fixture(name):
    with open(os.path.join(FIXTURES, name), "rb") as file:
        return file.read()


def encoded_model(path):
    """The weights of a model by masks of ones."""
    metadata, tensors, data = containers.parts(path)
    header, table, more = {}, {}, b""
    for name, entry in tensors.items():
        if len(entry["shape"]) != 4:
            header[name] = entry
            continue
        begin, end = entry["data_offsets"]
        count = (end - begin) // 4
        mask = bytes([255] * (count // 8) + ([(1 << count % 8) - 1] if count % 8 else []))
        header[name + ".v"] = {"dtype": "F32", "shape": [count], "data_offsets": [begin, end]}
        header[name + ".m"] = {"dtype": "U8", "shape": [len(mask)],
                               "data_offsets": [len(data) + len(more), len(data) + len(more) + len(mask)]}
        more += mask
        table[name] = {"as": "mask", "values": name + ".v", "mask": name + ".m", "shape": entry["shape"]}
    metadata = dict(metadata, **{"dyce.tensors": json.dumps(table)})
    return containers.container(json.dumps({"__metadata__": metadata, **header}), data + more)


def targets(dyce, folder):
    """Name: (ending, sound files, command; "@" is the damaged file, "%" a place for output)."""
    heads, record = os.path.join(FIXTURES, "heads.safetensors"), os.path.join(FIXTURES, "record.npz")
    base, onnx = os.path.join(folder, "base.safetensors"), os.path.join(folder, "base.onnx")
    with open(onnx, "wb") as file:
        file.write(onnx_models.base())
    subprocess.run([dyce, "convert", onnx, "--preset", "cifar10", "-o", base, "--quiet"], check=True)
    names = sorted(name for name in os.listdir(os.path.join(FIXTURES, "images")) if name.endswith(".png"))
    picture = os.path.join(FIXTURES, "images", names[0])
    pair = [arrays.stored("images.npy", arrays.npy("|u1", "(2, 8, 8, 3)", bytes(384))),
            arrays.stored("labels.npy", arrays.npy("<i8", "(2,)", bytes(16)))]
    models = [fixture(name + ".safetensors") for name in ("heads", "cascade", "int8", "embedded", "swin-like")]
    for name in ("a.png", "b.png"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(fixture("images/" + names[0]))
    jpeg = images.jpeg(images.frame(0xC0, 16, 16), images.scan() + bytes(200))
    types = ("linear", "mlp2x8", "grid2-linear", "grid2-mlp1x8")
    segments = [{"site": site, "segment_ms": 1, "heads": [{"type": name, "ms": 0.1} for name in types]} for site in (0, 1)]
    segments.append({"site": 2, "segment_ms": 1, "heads": [{"type": "final", "ms": 0.1}]})
    costs = {"schema": "dyce.bench/1", "results": [{"batch": 1, "threads": 1, "segments": segments}]}
    return {
        "model": (".safetensors", models, ["inspect", "@", "--json"]),
        "encoded": (".safetensors", [encoded_model(base)], ["inspect", "@", "--json"]),
        "onnx": (".onnx", [onnx_models.base()], ["convert", "@", "--preset", "cifar10", "-o",
                                                        os.path.join(folder, "converted.safetensors")]),
        "set": (".json", [fixture("searched.configs.json"), fixture("heads.configs.json")],
                ["classify", heads, picture, "--config", "@"]),
        "record": (".npz", [fixture("record.npz"), fixture("record-scores.npz")],
                   ["search", "@", "-o", "%", "--lambda", "0.9:1:0.05", "--threads", "1"]),
        "judged": (".npz", [fixture("record.npz")],
                   ["eval", "--records", "@", "--config", os.path.join(FIXTURES, "heads.configs.json")]),
        "npy": (".npy", [arrays.npy()], ["run", base, "--input", "@"]),
        "npz": (".npz", [arrays.zip_of(pair), arrays.zip_of([arrays.deflated(name, pair[i][1]) for i, name in
                                                            enumerate(["images.npy", "labels.npy"])])],
                ["eval", base, "--data", "@"]),
        "image": (".png", [images.png(images.header(8, 8), bytes(8 * 25)), jpeg, images.webp(images.lossless(8, 8))] +
                  [fixture("images/" + name) for name in names[:3]], ["classify", base, "@"]),
        "list": (".csv", [b"path,label\na.png,1\nb.png,0\n", b"label,path\n4,\"b.png\"\n"],
                 ["eval", base, "--data", "@"]),
        "latency": (".json", [json.dumps(costs).encode()],
                    ["search", record, "--latency", "@", "-o", "%", "--lambda", "0.9:1:0.05", "--threads", "1"]),
    }


def damage(data, random_):
    data = bytearray(data)
    for _ in range(1 + int(random_.expovariate(0.7))):
        at, kind = random_.randrange(len(data) + 1), random_.randrange(7)
        stretch = 1 + int(random_.expovariate(0.1))
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << random_.randrange(8)
        elif kind == 1:
            data[at:at + stretch] = random_.randbytes(stretch)
        elif kind == 2:
            del data[at:at + stretch]
        elif kind == 3:
            data[at:at] = data[at:at + stretch] * random_.randrange(1, 4)
        elif kind == 4:
            data[at:at + 4] = random_.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\x80"])
        elif kind == 5 and (numbers := list(re.finditer(rb"\d+", bytes(data[:65536])))):
            found = random_.choice(numbers)
            data[found.start():found.end()] = random_.choice(NUMBERS)
        elif random_.random() < 0.2:
            del data[at:]
    return bytes(data)


def fault_of(command):
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"more than {LONGEST} s"
    if run.returncode not in KNOWN_CODES or b"Sanitizer" in run.stderr or b"runtime error" in run.stderr:
        return f"exit code {run.returncode}\n{run.stderr.decode(errors='replace')[-2000:]}"
    return ""


def fuzz(dyce, name, target, folder, arguments):
    ending, sound, command = target
    random_ = random.Random(f"{arguments.seed} {name}")
    path, output = os.path.join(folder, name + ending), os.path.join(folder, name + ".out")
    words = [dyce] + [{"@": path, "%": output}.get(word, word) for word in command]
    end, files, faults = time.monotonic() + arguments.seconds, 0, []
    while time.monotonic() < end:
        content = damage(random_.choice(sound), random_)
        with open(path, "wb") as file:
            file.write(content)
        files += 1
        if fault := fault_of(words):
            os.makedirs(arguments.keep, exist_ok=True)
            kept = os.path.join(arguments.keep, f"{name}-{arguments.seed}-{files}{ending}")
            os.replace(path, kept)
            faults.append(f"{kept}: {fault}")
    return name, files, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dyce"), parser.add_argument("names", nargs="*"), parser.add_argument("--keep", default="faults")
    parser.add_argument("--seconds", type=float, default=30), parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(arguments.lanes) as lanes:
        known = targets(arguments.dyce, folder)
        runs = [lanes.submit(fuzz, arguments.dyce, name, known[name], folder, arguments) for name in arguments.names or known]
        for done in concurrent.futures.as_completed(runs):
            name, files, faults = done.result()
            print(f"{name}: {files} files, {len(faults)} faults", flush=True)
            for fault in faults:
                print(fault, file=sys.stderr)
            failed |= bool(faults)
    return failed


sys.exit(main())
