"""NumPy files, as inputs and as data."""
import struct
import zlib


def npy(descr="<f4", shape="(1, 3, 8, 8)", data=bytes(4 * 3 * 64), order="False", pad=0):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}{' ' * pad}\n".encode()
    return b"\x93NUMPY\2\0" + struct.pack("<I", len(header)) + header + data


def zip_of(members, count=None, lie64=None):
    """Members: (name, packed bytes, unpacked size, method, flags, crc)."""
    body = directory = b""
    for name, packed, size, method, flags, crc in members:
        common = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 33, crc, len(packed), size, len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + common + bytes(10) + struct.pack("<I", len(body)) + name
        body += b"PK\3\4" + common + name + packed
    extra = b""
    if lie64 is not None:
        end = len(body) + len(directory)
        extra = b"PK\6\6" + struct.pack("<QHHQQQQQ", 44, 45, 45, 0, lie64, lie64, 0, 0)
        extra += b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
    count = len(members) if count is None else count
    end = b"PK\5\6" + struct.pack("<IHHIIH", 0, count, count, len(directory), len(body), 0)
    return body + directory + extra + end


def stored(name, content, method=0, flags=0, crc=None, size=None):
    crc = zlib.crc32(content) if crc is None else crc
    return name.encode(), content, len(content) if size is None else size, method, flags, crc


def deflated(name, content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    return name.encode(), packed, len(content), 8, 0, zlib.crc32(content)


def add(cases):
    for name, content in {
        "empty": b"",
        "bad magic": b"\x93NUMPX" + npy()[6:],
        "header of 4 GiB": b"\x93NUMPY\2\0\xff\xff\xff\xff{}",
        "header of 16 MiB": npy(pad=16 << 20),
        "object": npy("|O"),
        "big-endian": npy(">f4"),
        "Fortran order": npy(order="True"),
        "shape overflow": npy(shape="(4294967296, 4294967296)"),
        "shape of 2^40": npy(shape="(1099511627776,)"),
        "short data": npy(shape="(2, 3, 8, 8)"),
    }.items():
        cases.add("npy: " + name, content, ".npy", "run", cases.model, "--input", "@")

    images = npy("|u1", "(2, 8, 8, 3)", bytes(2 * 192))
    labels = npy("<i8", "(2,)", bytes(16))
    pair = zip_of([stored("images.npy", images), stored("labels.npy", labels)])
    bomb = npy("|u1", "(65536, 32, 32, 3)", bytes(65536 * 3072))
    for name, content in {
        "empty": b"",
        "no end record": pair[:-22],
        "cut": pair[10:],
        "CRC": zip_of([stored("images.npy", images, crc=1), stored("labels.npy", labels)]),
        "encrypted": zip_of([stored("images.npy", bytes(12) + images, flags=1), stored("labels.npy", labels)]),
        "unknown method": zip_of([stored("images.npy", images, method=77), stored("labels.npy", labels)]),
        "zip64 claims members": zip_of([stored("images.npy", images)], lie64=1 << 40),
        "65,535 members": zip_of([stored("images.npy", images)], 65535),
        "65 members": zip_of([stored(f"m{i}.npy", images) for i in range(65)]),
        "parent folder": zip_of([stored("../images.npy", images), stored("labels.npy", labels)]),
        "ratio bomb": zip_of([stored("images.npy", b"xx", 8, size=1 << 31), stored("labels.npy", labels)]),
        "192 MiB of zeros, wrong type of labels": zip_of([deflated("images.npy", bomb), stored("labels.npy", images)]),
        "192 MiB of zeros, wrong count of labels": zip_of([deflated("images.npy", bomb), stored("labels.npy", labels)]),
        "label out of range": zip_of([stored("images.npy", images),
                                      stored("labels.npy", npy("<i8", "(2,)", b"\xff" * 16))]),
    }.items():
        cases.add("npz: " + name, content, ".npz", "eval", cases.model, "--data", "@")
