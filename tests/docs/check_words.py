#!/usr/bin/env python3
"""check_words.py SOURCE: the words that words.txt refuses are in no identifier, heading or help text."""
import fnmatch, os, re, sys

sys.dont_write_bytecode = True  # the tree of sources may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_citations import files, read

LIST = "tests/docs/words.txt"
CODE = (".h", ".cpp", ".inc", ".in")
TOKENS = re.compile(r'\d[\w.\']*|//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|[A-Za-z_]\w*', re.S)


def parts(name):
    """The words of an identifier or a path: PictureBatch, picture_batch and picture-batch are "picture batch"."""
    name = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name)
    return " ".join(re.findall(r"[A-Za-z]+|\d+", name)).lower()


def scan_code(path, text):
    """(scope, line, words) of identifiers, of those that name types, and of a verb's texts."""
    before = ""
    for match in TOKENS.finditer(text):
        token, line = match[0], text.count("\n", 0, match.start()) + 1
        if token[0] in "/'0123456789":
            continue
        if token[0] == '"' or token.startswith('R"'):
            if path.startswith(("tools/verbs/", "tools/cli/")) and not re.fullmatch(r'"[\w.-]*"', token):
                yield "help", line, token.strip('"').lower()  # one word alone is a key or an option
            continue
        yield "identifier", line, parts(token)
        if before in ("class", "struct", "enum", "using"):
            yield "type", line, parts(token)
        before = token


def scan_headings(text):
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        inside ^= line.startswith("```")
        if not inside and re.match(r"#+ ", line):
            yield "heading", number, line.lower()


def scan(source):
    """(path, line, scope, words) of everything that rules are about."""
    for path in sorted(files(source)):
        yield path, 0, "path", " / ".join(parts(piece) for piece in path.split("/"))
        if path.endswith(CODE):
            found = scan_code(path, read(source, path))
        elif path.endswith(".md"):
            found = scan_headings(read(source, path))
        else:
            continue
        for scope, line, words in found:
            yield path, line, scope, words


def whole_words(pattern):
    return re.compile(rf"\b(?:{pattern.replace('/', '|')})\b")


class Words:
    def __init__(self, text):
        self.refused, self.allowed = [], []
        for line in text.split("\n"):
            fields = [field.strip() for field in line.split("|", 3)]
            if fields[0] == "refuse":
                self.refused.append((fields[1], whole_words(fields[1]), fields[2].split(), fields[3]))
            elif fields[0] == "allow":
                self.allowed.append((whole_words(fields[1]), fields[2]))
            else:
                assert not line or line[0] == "#", f"{LIST}: {line}"

    def problems(self, found):
        """A line of text for each breach, once."""
        seen = set()
        for path, line, scope, words in found:
            for pattern, glob in self.allowed:
                if fnmatch.fnmatch(path, glob):
                    words = pattern.sub("", words)
            for name, pattern, scopes, instead in self.refused:
                if scope in scopes and pattern.search(words) and (name, path, line) not in seen:
                    seen.add((name, path, line))
                    yield f"{path}:{line}: {scope} {words.strip()}: refused: {name}; {instead}"


def check_itself():
    words = Words("refuse | tally/tallies | type path | write histogram\nrefuse | rooms? | heading help | write folder\n"
                  "allow | living room | *.md | English")
    assert parts("PictureBatch_of2HTTPRows") == "picture batch of 2 http rows", parts("PictureBatch_of2HTTPRows")
    code = 'struct Tally {};  // a room\nint tally = 0; const char* x = "a room";'
    for path, text, count in (("a.h", code, 1), ("tools/verbs/a.cpp", code, 2), ("a.cpp", "int total;", 0)):
        found = [(path, line, scope, text) for scope, line, text in scan_code(path, text)]
        assert len(list(words.problems(found))) == count, (path, count)
    found = [("a.md", line, scope, text) for scope, line, text in scan_headings("# Rooms\n## The living room\nroom\n")]
    assert len(list(words.problems(found))) == 1


def main(source):
    words, found = Words(read(source, LIST)), list(scan(source))
    assert len(found) > 10000, f"only {len(found)} names found"
    bad = list(words.problems(found))
    print("\n".join(bad) or f"none of {len(words.refused)} refused words in {len(found)} names and texts")
    return 1 if bad else 0


if __name__ == "__main__":
    check_itself()
    sys.exit(main(os.path.abspath(sys.argv[1])))
