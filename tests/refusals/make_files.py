"""Writes hostile files of every kind that dyce must refuse, and cases.json: what to run on each.

    make_files.py DYCE FOLDER

Files that could cost time or memory are as large as their kind allows. None is right up to its very end: the
work on a file that is within every limit grows with its size. Messages and exit codes are checked by the other
tests. See tools/measure_refusals.sh.
"""
import json
import os
import subprocess
import sys

import arrays
import configurations
import containers
import encodings_table
import graphs
import lists
import onnx_models
import images


class Cases:
    def __init__(self, dyce, folder):
        self.dyce, self.folder, self.kind, self.cases = dyce, folder, "", []
        onnx = self.file("base.onnx", onnx_models.base())
        self.model = f"{folder}/base.safetensors"
        self.recipe = ["--preset", "cifar10"]
        subprocess.run([dyce, "convert", onnx, *self.recipe, "-o", self.model], check=True)

    def file(self, name, content):
        path = f"{self.folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            for part in [content] if isinstance(content, bytes) else content:
                file.write(part)
        return path

    def add(self, name, content, suffix, *command, **facts):
        """One file; "@" in the command stands for its path. For the rest see run()."""
        path = self.file(f"{self.kind}/{len(self.cases)}{suffix}", content)
        self.run(name, *[path if word == "@" else word for word in command], **facts)

    def run(self, name, *command, decodes=False, usage=False):
        """`decodes`: refused by the decoder of images; `usage`: the file is sound, but not for this command."""
        self.cases.append({"kind": self.kind, "name": name, "command": command, "decodes": decodes,
                           "allowed": [2] if usage else [1, 3, 4, 5]})


cases = Cases(*sys.argv[1:])
for module in (containers, graphs, encodings_table, onnx_models, configurations, arrays, images, lists):
    cases.kind = module.__name__
    module.add(cases)
cases.file("cases.json", json.dumps(cases.cases).encode())
