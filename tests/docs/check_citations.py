#!/usr/bin/env python3
"""check_citations.py SOURCE   what sources cite of docs/method.md is there, and links between documents lead somewhere

Sources cite a section by its title: (docs/method.md, "Inference rule"). Documents link to it.
"""
import os, re, sys

SOURCES = (".h", ".cpp", ".inc", ".in", ".cmake", ".txt", ".sh", ".py")
CITATION = re.compile(r'docs/method\.md(?:, "([^"]+)")?')
BARE = re.compile(r"\bMETHOD(?:\.md\b|(?= section| says|'s|:))")


def files(source):
    for folder, folders, names in os.walk(source):
        folders[:] = [f for f in folders if f[0] != "." and not (folder == source and f.startswith("build"))]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), source)


def read(source, path):
    with open(os.path.join(source, path), encoding="utf-8") as file:
        return file.read()


def titles(text):
    """Headings outside of fenced blocks, without their numbers."""
    text = re.sub(r"(?ms)^```.*?^```$", "", text)
    return [re.sub(r"^[\d.]+ ", "", title) for title in re.findall(r"(?m)^#+ (.*?)\s*$", text)]


def anchors(text):
    """As GitHub makes them of headings."""
    text = re.sub(r"(?ms)^```.*?^```$", "", text)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"(?m)^#+ (.*?)\s*$", text)}


def bad_citations(path, text, sections):
    """One line for each; a citation may go on in the comment's next line."""
    text = re.sub(r"\s*\n\s*(?:///?|#|\*)?\s*", " ", text)
    for match in CITATION.finditer(text):
        if match[1] is None:
            yield f'{path}: write (docs/method.md, "SECTION")'
        elif match[1] not in sections:
            yield f'{path}: docs/method.md has no section "{match[1]}"'
    if BARE.search(text):
        yield f"{path}: cites METHOD; write (docs/method.md, \"SECTION\")"


def bad_links(source, path, text):
    text = re.sub(r"(?ms)^```.*?^```$|`[^`\n]*`", "", text)
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        to = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(os.path.join(source, to)):
            yield f"{path}: links to {to}, which is not there"
        elif anchor and anchor not in anchors(read(source, to)):
            yield f"{path}: {to} has no heading #{anchor}"


def check_itself():
    sections = titles("# Page\n```\n# no heading\n```\n## 4. Inference rule\n")
    assert sections == ["Page", "Inference rule"], sections
    cite = lambda text: list(bad_citations("a.h", text, sections))
    assert not cite('// (docs/method.md,\n// "Inference\n// rule")')
    assert len(cite('// (docs/method.md, "Walking")')) == 1
    assert len(cite("// as in docs/method.md")) == 1
    assert len(cite("// " + "METHOD" + ".md section 4")) == 1 and len(cite("// as " + "METHOD" + " says")) == 1
    assert anchors("## 6. What's *paid*, again\n") == {"6-whats-paid-again"}
    assert list(bad_links("/", "a.md", "[x](nowhere.md)")) and not list(bad_links("/", "a.md", "`[x](nowhere.md)`"))


def check(source):
    sections = titles(read(source, "docs/method.md"))
    assert len(sections) == len(set(sections)), "docs/method.md: two sections of one title"
    bad, cited = [], 0
    own = os.path.relpath(os.path.abspath(__file__), source)
    for path in sorted(files(source)):
        if path.endswith(SOURCES) and path != own:
            text = read(source, path)
            cited += "docs/method.md" in text
            bad += bad_citations(path, text, sections)
        elif path.endswith(".md"):
            text = read(source, path)
            bad += bad_links(source, path, text)
            if re.search(BARE, text):
                bad.append(f"{path}: cites METHOD; link to docs/method.md")
    assert cited > 15, f"only {cited} files cite docs/method.md"
    print("\n".join(bad) or f"{cited} files cite docs/method.md, all of them what is there")
    return 1 if bad else 0


if __name__ == "__main__":
    check_itself()
    sys.exit(check(os.path.abspath(sys.argv[1])))
