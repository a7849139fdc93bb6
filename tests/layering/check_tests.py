"""check_tests.py SOURCE: every source file has a test file of its own, or a table test names it.

The test of FOLDER/NAME.{h,cpp} is tests/FOLDER/NAME_test.cpp. What is tested as a row among others is named in the
first lines of the test that has the row: `// Covers NAME, NAME, OTHER/FOLDER/{NAME, NAME}.` - names without folder
are of the test's own. A name without source is refused too: what was removed is no longer covered.
"""
import itertools
import os
import re
import subprocess
import sys

FOLDERS = ("runtime", "ops", "graph", "models", "loaders", "search", "tools")


def tracked(source):
    """Files of the checkout, else (unpacked without git) all there are."""
    try:
        listed = subprocess.run(["git", "-C", source, "ls-files", "-co", "--exclude-standard"], capture_output=True,
                                text=True, check=True).stdout.split("\n")
        return [path for path in listed if path and os.path.exists(os.path.join(source, path))]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder in FOLDERS + ("tests",):
            for at, _, names in os.walk(os.path.join(source, folder)):
                found += [os.path.relpath(os.path.join(at, name), source) for name in names]
        return found


def covered_by(text, folder):
    """Names that the opening comment of a test gives after `Covers`, with their folders."""
    opening = itertools.takewhile(lambda line: line.startswith("//"), text.split("\n"))
    found = re.match(r"Covers ([^.]*)\.", " ".join(line[2:].strip() for line in opening))
    names = []
    for prefix, group, name in re.findall(r"([\w/]*)\{([^}]*)\}|([\w/]+)", found[1] if found else ""):
        for one in re.findall(r"\w+", group) if group else [name]:
            names.append(prefix + one if "/" in prefix + one else f"{folder}/{one}")
    return names


def check(files, read):
    """Complaints, of which there should be none."""
    sources = {os.path.splitext(path)[0] for path in files
               if path.split("/")[0] in FOLDERS and path.endswith((".h", ".cpp"))}
    tests = [path for path in files if path.startswith("tests/") and path.endswith("_test.cpp")]
    covered, complaints = {}, []
    for path in tests:
        own = path[len("tests/"):-len("_test.cpp")]
        for name in covered_by(read(path), os.path.dirname(own)):
            covered.setdefault(name, path)
            if name not in sources:
                complaints.append(f"{path}: covers {name}, and there is no such source")
    for name in sorted(sources - {path[len("tests/"):-len("_test.cpp")] for path in tests} - set(covered)):
        complaints.append(f"{name}: no tests/{name}_test.cpp, and no test's first line says `Covers {name}`")
    return complaints


def main(source):
    assert check(["ops/a.cpp", "ops/b.h", "tests/ops/t_test.cpp"], lambda path: "// Covers\n// a, d.\n") == [
        "tests/ops/t_test.cpp: covers ops/d, and there is no such source",
        "ops/b: no tests/ops/b_test.cpp, and no test's first line says `Covers ops/b`"]  # it can fail
    assert covered_by("// Covers a, x/{b, c}, y/d.\nx", "ops") == ["ops/a", "x/b", "x/c", "y/d"]
    files = tracked(source)
    assert len(files) > 500, f"only {len(files)} files found"
    complaints = check(files, lambda path: open(os.path.join(source, path), encoding="utf-8").read())
    print("\n".join(complaints) or "every source file has a test")
    return 1 if complaints else 0


sys.exit(main(sys.argv[1]))
