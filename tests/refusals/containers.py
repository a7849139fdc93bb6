"""Model files that are no right safetensors container."""
import json
import os
import struct

MIB = 1 << 20


def container(header, data=b""):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header)) + header + data


def tensor(dtype='"F32"', shape="[2]", offsets="[0,8]"):
    return container('{"a":{"dtype":%s,"shape":%s,"data_offsets":%s}}' % (dtype, shape, offsets), bytes(8))


def entries(names):
    return container("{" + ",".join(f'"{n}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for n in names) + "}")


def metadata(text):
    return container('{"__metadata__":{' + text + "}}")


def add(cases):
    good = tensor()
    for name, content in {
        "empty": b"",
        "7 bytes": bytes(7),
        "header length 0": struct.pack("<Q", 0) + b"{}",
        "header longer than the file": struct.pack("<Q", 3) + b"{}",
        "header length 2^63": struct.pack("<Q", 1 << 63) + b"{}",
        "header length 2^64-1": struct.pack("<Q", (1 << 64) - 1) + b"{}",
        "header of 16 MiB + 1": container(b"{}" + b" " * (16 * MIB - 1)),
        "header of 16 MiB, empty": container(b"{}" + b" " * (16 * MIB - 2)),
        "header of 1 GiB": container(b"{}" + b" " * (1024 * MIB - 2)),
        "no brace": container("[]"),
        "bad UTF-8": container(b'{"\xff":1}'),
        "bad UTF-8 after 16 MiB": container(b'{"' + b"n" * (16 * MIB - 10) + b"\xff"),
        "cut JSON": good[:40],
        "depth 10,000": container('{"a":' * 10000),
        "depth 10,000 in metadata": container('{"__metadata__":{"a":' + "[" * 10000),
        "depth 8,000,000": container('{"__metadata__":{"a":' + "[" * (8 * MIB)),
        "duplicate tensor": entries("aa"),
        "duplicate __metadata__": container('{"__metadata__":{},"__metadata__":{}}'),
        "metadata of numbers": metadata('"k":1'),
        "unknown dtype": tensor('"F33"'),
        "negative dim": tensor(shape="[-2]"),
        "fractional dim": tensor(shape="[2.0]"),
        "string dim": tensor(shape='["2"]'),
        "dim of a million digits": tensor(shape="[" + "9" * 1000000 + "]"),
        "product overflow": tensor('"U8"', "[4294967296,4294967296]"),
        "rank 9": tensor(shape="[1,1,1,1,1,1,1,1,2]"),
        "rank 1,000,000": tensor(shape="[" + "1," * 1000000 + "2]"),
        "begin over end": tensor(offsets="[8,0]"),
        "end past the data": tensor(shape="[4]", offsets="[0,16]"),
        "size against shape": tensor(shape="[3]"),
        "trailing bytes": good + b"x",
        "65,537 tensors": entries(range(65537)),
        "65,536 tensors and no model": entries(range(65536)),
        "1,000,000 tensors": entries(range(1000000)),
        "name of 1 MiB": entries(["n" * MIB]),
        "65,537 metadata keys": metadata(",".join(f'"{i}":""' for i in range(65537))),
        "metadata of 16 MiB": metadata('"k":"' + "v" * (16 * MIB - 100) + '"'),
        "metadata of 16 MiB of escapes": metadata('"k":"' + "\\u20ac" * (2 * MIB) + '"'),
        "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "pickle": b"PK\3\4" + bytes(MIB),
    }.items():
        cases.add(name, content, ".safetensors", "inspect", "@")
    hole = '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[4],"data_offsets":[%s]}}'
    cases.add("hole", container(hole % "4,8", bytes(8)), ".safetensors", "inspect", "@")
    cases.add("overlap", container(hole % "2,6", bytes(8)), ".safetensors", "inspect", "@")
    cases.add(
        "pickle to convert", b"PK\3\4" + bytes(MIB), ".pth", "convert", "@", "--arch", "resnet18", *cases.recipe, "-o",
        f"{cases.folder}/out.safetensors")
    sparse = cases.file("containers/sparse.safetensors", good)
    os.truncate(sparse, (8 << 30) + 1)
    cases.run("8 GiB + 1", "inspect", sparse)
    os.mkfifo(f"{cases.folder}/fifo.safetensors")
    cases.run("a FIFO", "inspect", f"{cases.folder}/fifo.safetensors")
    os.mkdir(f"{cases.folder}/folder.safetensors")
    cases.run("a folder", "inspect", f"{cases.folder}/folder.safetensors")
    os.symlink("/dev/zero", f"{cases.folder}/device.safetensors")
    cases.run("a device", "inspect", f"{cases.folder}/device.safetensors")


def parts(path):
    """Metadata, the header's other entries, and data of a container."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        return header.pop("__metadata__"), header, file.read()
