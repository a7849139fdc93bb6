"""Data lists, CIFAR files and labels."""
MIB = 1 << 20


def add(cases):
    header = b"path,label\n"
    for name, content in {
        "empty": b"",
        "missing column": b"path\na.png\n",
        "label out of range": header + b"a.png,5\n",
        "path outside": header + b"../a.png,1\n",
        "NUL": header + b"a\0.png,1\n",
        "10^7 lines": header + b"a.png,1\n" * 10**7,
        "10^7 empty lines": header + b"\n" * 10**7,
        "10^7 long lines": header + b"a23456789012345678901234567890,1\n" * 10**7,
        "line of 1 MiB": header + b"a" * MIB + b",1\n",
        "line of 512 MiB": header + b"a" * (512 * MIB),
        "a million columns": b"path,label" + b",x" * 30000 + b"\n" + b"," * 60000 + b"\n",
    }.items():
        cases.add(name, content, ".csv", "eval", cases.model, "--data", "@")
    for name, content in {
        "CIFAR file of a part of a record": bytes(100 * 3073 + 1),
        "CIFAR label out of range": bytes(10000 * 3073) + b"\5" + bytes(3072),
    }.items():
        cases.add(name, content, ".bin", "eval", cases.model, "--data", "@")
    picture = cases.file("lists/p.png", b"")
    for name, content in {
        "4 labels for 5 classes": b"a\n" * 4,
        "10^7 labels": b"a\n" * 10**7,
        "a label of 16 MiB": b"a" * (16 * MIB),
        "labels of 512 MiB": b"a" * (512 * MIB),
    }.items():
        cases.add(name, content, ".txt", "classify", cases.model, picture, "--labels", "@")
