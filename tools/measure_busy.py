#!/usr/bin/env python3
"""What a model does beside other work: images over wall time, and the slowest hundredth of answers, in alternation
with an older dyce and with ONNX Runtime.

  tools/measure_busy.py DYCE [--old OLD] [--ort NODE_MODULES] MODEL... [--loops 0,2,4] [--threads 1,2,default]
                        [--seconds 6] [--alternations 7] [--precision f32] [--data FOLDER]

MODEL is an .onnx file (converted here; ONNX Runtime reads the same one), a model of dyce's, or `embedded`;
`embedded:NAME` runs a configuration of its set on the images of --data, in turn with exits off. Each
round times every engine once, so that whatever else the machine does falls on all alike; a table row is the median
of the rounds. ONNX Runtime is the npm package onnxruntime-node (`npm install --ignore-scripts onnxruntime-node`),
default session, so many intra-op threads. Busy loops are started and ended here. Needs an otherwise idle machine.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile

PEER = """
const ort = require('onnxruntime-node'), [file, threads, seconds] = process.argv.slice(1);
(async () => {
  const session = await ort.InferenceSession.create(file, {intraOpNumThreads: +threads});
  const shape = session.inputMetadata[0].shape.map((d, i) => i === 0 ? 1 : d);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => Math.random() - 0.5);
  const feed = {[session.inputNames[0]]: new ort.Tensor('float32', data, shape)};
  for (let i = 0; i < 3; i++) await session.run(feed);
  const now = () => Number(process.hrtime.bigint()) / 1e6, times = [], start = now();
  while (now() - start < 1000 * seconds) { const t = now(); await session.run(feed); times.push(now() - t); }
  const wall = (now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = q => times[Math.min(times.length - 1, Math.floor(q * times.length))];
  console.log(JSON.stringify({rate: times.length / wall, median: at(0.5), p90: at(0.9), p99: at(0.99)}));
})();
"""


def output_of(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Dyce:
    def __init__(self, name, program, model, threads, options):
        self.name = f"{name} T={threads}"
        self.command = [program, "bench", *model, "--batch", "1", "--duration", str(options.seconds), "--json", "--quiet",
                        "--precision", options.precision]
        if threads != "default":
            self.command += ["--threads", threads]
        self.seconds = options.seconds

    def measure(self):
        answer = json.loads(output_of(self.command))
        row = (answer if isinstance(answer, list) else answer["results"])[-1]
        return {"rate": row["images_per_second"] if row.get("configuration") else row["runs"] / self.seconds, "median": row["median_ms"], "p90": row["p90_ms"],
                "p99": row["p99_ms"]}


class Peer:
    def __init__(self, file, threads, options):
        self.name = f"ONNX Runtime T={threads}"
        self.command = ["node", "-e", PEER, file, threads, str(options.seconds)]
        self.environment = {**os.environ, "NODE_PATH": options.ort}

    def measure(self):
        return json.loads(output_of(self.command, env=self.environment))


class BusyLoops:
    def __init__(self, count):
        self.count = count

    def __enter__(self):
        self.loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(self.count)]

    def __exit__(self, *_):
        for loop in self.loops:
            loop.kill()
            loop.wait()


def engines_of(model, folder, options):
    arguments, peer_file = [model], None
    if model.startswith("embedded"):
        configuration = model.partition(":")[2]
        arguments = ["--data", options.data, "--config", ":" + configuration] if configuration else []
    elif model.endswith(".onnx"):
        converted = os.path.join(folder, os.path.basename(model) + ".safetensors")
        preset = "cifar10" if "cifar" in model else "imagenet"
        output_of([options.dyce, "convert", model, "--preset", preset, "-o", converted])
        arguments, peer_file = [converted], model
    engines = []
    for threads in options.threads.split(","):
        engines.append(Dyce("dyce", options.dyce, arguments, threads, options))
        if options.old:
            engines.append(Dyce("older dyce", options.old, arguments, threads, options))
        if options.ort and peer_file and threads != "default":
            engines.append(Peer(peer_file, threads, options))
    return engines


def middle(rows, key):
    values = [row[key] for row in rows if row[key] is not None]
    return statistics.median(values) if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dyce")
    parser.add_argument("models", nargs="+")
    for option, default in [("--old", None), ("--ort", None), ("--loops", "0,2,4"), ("--threads", "1,2,default"),
                            ("--precision", "f32"), ("--data", None)]:
        parser.add_argument(option, default=default)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--alternations", type=int, default=7)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # ends the busy loops, too
    print("| model | loops | engine | images/s | median ms | p90 ms | p99 ms |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            engines = engines_of(model, folder, options)
            for loops in map(int, options.loops.split(",")):
                rows = {engine.name: [] for engine in engines}
                with BusyLoops(loops):
                    for _ in range(options.alternations):
                        for engine in engines:
                            rows[engine.name].append(engine.measure())
                for name, own in rows.items():
                    figures = " | ".join(f"{middle(own, key):.3g}" for key in ("median", "p90", "p99"))
                    print(f"| {os.path.basename(model)} | {loops} | {name} | {middle(own, 'rate'):.1f} | {figures} |",
                          flush=True)


if __name__ == "__main__":
    main()
