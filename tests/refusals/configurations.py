"""Configuration sets, given to a classification."""
import json
import subprocess

import images


def add(cases):
    if b"--config" not in subprocess.run([cases.dyce, "classify", "--help"], capture_output=True).stdout:
        return print("configurations: not measured, this dyce takes none")
    configuration = {"name": "c000", "score": "max_softmax", "exits": [], "accuracy": 0.5, "accuracy_low": 0.5,
                     "macs": 1.0, "relative_macs": 0.5, "cost": 1.0, "relative_cost": 0.5, "exit_share": [1.0],
                     "lambda": 0.5}
    good = {"schema": "dyce.configs/1", "model_digest": "0" * 32, "preprocess_digest": "0" * 32, "precision": "f32",
            "cost_unit": "macs", "split": "", "validated": "", "base": {"accuracy": 0.5, "macs": 2, "cost": 2.0},
            "configurations": [configuration], "extra": {}}
    picture = cases.file("configurations/p.png", images.png(images.header(8, 8), bytes(8 * 25)))

    def write(name, text, **facts):
        cases.add(name, text if isinstance(text, bytes) else text.encode(), ".json", "classify", cases.model, picture,
                  "--config", "@", **facts)

    def with_exit(name, text):
        exits = configuration | {"exits": ["EXIT"]}
        write(name, json.dumps(good | {"configurations": [exits]}).replace('"EXIT"', text))

    write("empty", "")
    write("another model's", json.dumps(good), usage=True)
    write("schema", json.dumps(good | {"schema": "dyce.configs/2"}))
    write("unknown key", json.dumps(good | {"more": 1}))
    write("no configurations", json.dumps(good | {"configurations": []}))
    write("duplicate name", json.dumps(good | {"configurations": [configuration] * 2}))
    write("1,000,000 entries", json.dumps(good | {"configurations": [0] * 1000000}))
    write("10,001 entries", json.dumps(good | {"configurations": [configuration] * 10001}))
    write("10,000 equal entries", json.dumps(good | {"configurations": [configuration] * 10000}))
    write("16 MiB of extra", json.dumps(good | {"extra": {"k": "x" * (15 << 20)}}))
    write("16 MiB of lists", json.dumps(good | {"extra": {"k": [[]] * (3 << 20)}}))
    write("17 MiB", " " * (17 << 20))
    write("byte order mark", b"\xef\xbb\xbf" + json.dumps(good).encode())
    write("comment", "// set\n" + json.dumps(good))
    write("trailing comma", json.dumps(good)[:-1] + ",}")
    write("depth 10,000", "[" * 10000)
    with_exit("threshold NaN", '{"site":0,"type":"linear","threshold":NaN}')
    with_exit("threshold 1e400", '{"site":0,"type":"linear","threshold":1e400}')
    with_exit("threshold of text", '{"site":0,"type":"linear","threshold":"0.5"}')
    with_exit("site out of range", '{"site":1000000,"type":"linear","threshold":0.5}')
    with_exit("a million exits", ",".join(['{"site":0,"type":"linear","threshold":0.5}'] * 300000))
