#!/usr/bin/env python3
"""Holds the documentation against the program.

check_blocks.py commands DYCE SOURCE   verbs and options of every ```sh block and `dyce ..` phrase exist
check_blocks.py run DYCE SOURCE        the blocks marked ```sh run do what they say, on small stand-ins, in order
"""
import glob, os, re, shlex, shutil, subprocess, sys, tempfile

sys.dont_write_bytecode = True  # the tree of sources may be read-only
HERE = os.path.dirname(os.path.abspath(__file__))
ALWAYS = {"--help", "--json", "--quiet"}


def documents(source):
    return [source + "/README.md"] + sorted(glob.glob(source + "/docs/**/*.md", recursive=True))


def blocks(path):
    """(first line, marks, text) of the fenced blocks."""
    lines, start = open(path, encoding="utf-8").read().split("\n"), None
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if start is None:
            start, marks = number, line[3:].split()
        else:
            yield start, marks, "\n".join(lines[start:number - 1]) + "\n"
            start = None
    assert start is None, f"{path}:{start}: a block without an end"


def commands(text):
    """The words of every `dyce VERB ..` in a piece of shell."""
    text = re.sub(r"(?m)(^|\s)#.*$", r"\1", text.replace("\\\n", " "))
    for piece in re.split(r"[;\n|&(){}]|\bdo\b|\bthen\b", text):
        try:
            words = shlex.split(piece)
        except ValueError:  # half of a quotation: no command begins in it
            continue
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        if len(words) > 1 and words[0] == "dyce":
            yield words[1:]


class Program:
    def __init__(self, dyce):
        self.dyce, self.known = dyce, {}
        text = subprocess.run([dyce, "--help"], capture_output=True, text=True, check=True).stdout
        self.verbs = set(re.findall(r"^  dyce (\w+)", text, re.M))

    def options(self, verb):
        if verb not in self.known:
            text = subprocess.run([self.dyce, "help", verb], capture_output=True, text=True, check=True).stdout
            self.known[verb] = ALWAYS | set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text))
        return self.known[verb]

    def problem(self, words):
        """What is wrong with a command; empty when nothing is."""
        if words[0] in ("help", "--help", "--version"):
            return ""
        if words[0] not in self.verbs:
            return f"no verb {words[0]}"
        for word in words[1:]:
            option = word.split("=")[0]
            if re.match(r"--?[a-z]", option) and option not in self.options(words[0]):
                return f"dyce {words[0]} has no option {option}"
        return ""


def check_commands(dyce, source):
    program, bad, count = Program(dyce), [], 0
    for path in documents(source):
        whole = open(path, encoding="utf-8").read()
        pieces = [(line, text) for line, marks, text in blocks(path) if marks[:1] == ["sh"]]
        for match in re.finditer(r"`(dyce [^`]+)`", re.sub(r"(?ms)^```.*?^```$", lambda m: "\n" * m[0].count("\n"), whole)):
            pieces.append((None, match[1]))
        for line, text in pieces:
            for words in commands(text):
                count += 1
                problem = program.problem(words)
                if problem:
                    bad.append(f"{path}:{line or ''}: {problem}: dyce {' '.join(words)}")
    assert count > 30, f"only {count} commands found"
    assert program.problem(["classify", "--topq"]) and program.problem(["clasify"])  # it can fail
    print("\n".join(bad) or f"{count} commands are as documented")
    return 1 if bad else 0


# Stands for the program in documented commands: the same work, less of it.
WRAPPER = """#!/usr/bin/env python3
import os, sys
less = {"train": ["--epochs", "1", "--batch", "50"], "bench": ["--duration", "0.02"],
        "compress": ["--target-kb", "11", "--epochs", "1", "--batch", "10", "--max-drop", "100"]}
words, more = sys.argv[1:], []
if words and words[0] in less and not {"--expand", "--strip"} & set(words):
    more = less[words[0]] + (["--passes", "1"] if words[0] == "train" and "--from-scratch" not in words and
                             "--fine-tune" not in words else [])
drop = set(more[::2])
for name in os.environ["DYCE_LACKS"].split():
    while "--precision" in words and words[words.index("--precision") + 1] == name:
        at = words.index("--precision")
        del words[at:at + 2]
kept, i = [], 0
while i < len(words):
    i, kept = (i + 2, kept) if words[i] in drop else (i + 1, kept + [words[i]])
os.execv(os.environ["DYCE"], ["dyce"] + kept + more)
"""


def lacking_precisions(dyce):
    """Those that documented commands must do without on this processor."""
    run = lambda name: subprocess.run([dyce, "bench", "--precision", name, "--duration", "0.01"], capture_output=True)
    return " ".join(name for name in ("bf16", "int8") if b"processor" in run(name).stderr)


# Models that a document takes for given: network, preset.
GIVEN = {"resnet50": ("resnet50", "imagenet"), "mobilenet_v2": ("mobilenet_v2", "imagenet"),
         "resnet56": ("resnet56", "cifar10"), "resnet20": ("resnet20", "cifar10"), "small": ("resnet20", "cifar10"),
         "resnet20-exits": ("resnet20", "cifar10"), "MODEL": ("resnet56", "cifar10")}


def prepare(dyce, folder):
    for model, (network, preset) in GIVEN.items():
        subprocess.run([dyce, "convert", network + ".onnx", "--preset", preset, "--labels", "labels.txt", "-o",
                        model + ".safetensors", "--quiet"], cwd=folder, check=True)
    os.symlink("train", folder + "/PICTURES")


def run_blocks(dyce, source):
    import stand_ins
    failed = 0
    for path in documents(source):
        marked = [(line, text) for line, marks, text in blocks(path) if marks == ["sh", "run"]]
        if not marked:
            continue
        with tempfile.TemporaryDirectory() as folder:
            stand_ins.write_all(folder)
            os.makedirs(folder + "/build/release/tools")
            program = folder + "/build/release/tools/dyce"
            with open(program, "w") as file:
                file.write(WRAPPER)
            os.chmod(program, 0o755)
            os.makedirs(folder + "/tools")
            shutil.copytree(source + "/tools/demo", folder + "/tools/demo")
            prepare(dyce, folder)
            environment = dict(os.environ, DYCE=dyce, DYCE_LACKS=lacking_precisions(dyce),
                               PATH=os.path.dirname(program) + ":" + os.environ["PATH"], NO_COLOR="1")
            for line, text in marked:
                result = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=environment,
                                        capture_output=True, text=True)
                if result.returncode != 0:
                    failed += 1
                    print(f"{path}:{line}: exit {result.returncode}\n{text}\n{result.stderr[-2000:]}")
            print(f"{path}: {len(marked)} blocks ran")
    return 1 if failed else 0


if __name__ == "__main__":
    what, dyce, source = sys.argv[1], os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    sys.path.insert(0, HERE)
    try:
        sys.exit({"commands": check_commands, "run": run_blocks}[what](dyce, source))
    except ImportError as error:
        print(f"skipped: no {error.name}")
