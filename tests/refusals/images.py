"""Pictures, classified. Some are refused only by the decoder."""
import struct
import zlib


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header(width, height, depth=8, color=2):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))


def png(head, rows, more=b"", stream=None):
    stream = zlib.compress(rows, 9) if stream is None else stream
    return b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def frame(marker, width, height, components=1, precision=8):
    return segment(marker, struct.pack(">BHHB", precision, height, width, components) +
                   b"".join(bytes([i + 1, 0x11, 0]) for i in range(components)))


def scan(spectral=b"\0\x3f\0"):
    return segment(0xDA, b"\1\1\0" + spectral)


TABLES = (segment(0xDB, b"\0" + b"\x08" * 64) + segment(0xC4, b"\0\1\1" + bytes(14) + b"\0\6") +
          segment(0xC4, b"\x10\1" + bytes(15) + b"\0"))


def jpeg(head, body):
    return b"\xff\xd8" + TABLES + head + body + b"\xff\xd9"


def webp(*chunks):
    body = b"".join(kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for kind, content in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def canvas(width, height, flags=0):
    return b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]


def lossless(width, height):
    """Corrupt behind its header."""
    return b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\xff" * 999


def add(cases):
    def write(name, content, decodes=False):
        cases.add(name, content, ".png", "classify", cases.model, "@", decodes=decodes)

    good = png(header(8, 8), bytes(8 * 25))
    photo = jpeg(frame(0xC0, 4000, 4000), scan() + b"\x55" * 200000)
    for name, content in {
        "empty": b"",
        "text": b"hello, world",
        "GIF": b"GIF89a" + bytes(20),
        "PSD": b"8BPS" + bytes(20),
        "TGA": bytes([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 1, 2, 3]),
        "32 MiB + 1": bytes((32 << 20) + 1),
        "32 MiB of zeros": bytes(32 << 20),
        "JPEG of 65535x65535": jpeg(frame(0xC0, 65535, 65535, 3), scan() + b"\x3f"),
        "JPEG of 12 bits": jpeg(frame(0xC1, 8, 8, precision=12), scan() + b"\x3f"),
        "JPEG without a scan": jpeg(frame(0xC0, 8, 8), b""),
        "progressive bomb": jpeg(frame(0xC2, 7000, 7000),
                                 scan(b"\0\0\0") + b"\x3f" + (scan(b"\1\x3f\0") + b"\x3f") * 1000),
        "WebP without a chunk": webp(),
        "WebP of 16,384x16,384": webp(lossless(16384, 16384)),
        "WebP canvas of 2^24": webp(canvas(1 << 24, 256), lossless(2, 2)),
        "PNG of side 2^31": png(header(1 << 31, 1), bytes(4)),
        "PNG of 1x16M": png(header(1, 1 << 24), bytes(4)),
        "PNG of 0x0": png(header(0, 0), bytes(4)),
        "PNG of 16,384x16,384": png(header(16384, 16384), bytes(4)),
        "PNG without IDAT": b"\x89PNG\r\n\x1a\n" + header(8, 8) + chunk(b"IEND", b""),
        "PNG with a bad CRC": good[:-14] + b"\x7f" + good[-13:],
        "PNG of 32 MiB of chunks": b"\x89PNG\r\n\x1a\n" + header(8, 8) + chunk(b"teXt", b"") * ((32 << 20) // 12 - 9),
        "PNG without a palette": png(header(8, 8, 8, 3), bytes(8 * 9)),
    }.items():
        write(name, content)
    for depth in range(1, 9):
        write(f"PNG cut at {depth}/9", good[:len(good) * depth // 9])
        write(f"JPEG cut at {depth}/9", photo[:len(photo) * depth // 9])
        write(f"WebP cut at {depth}/9", webp(lossless(9, 9))[:len(webp(lossless(9, 9))) * depth // 9])
    for name, content in {
        "corrupt WebP": webp(lossless(7000, 7000)),
        "WebP of 800,000 frames": webp(canvas(2, 2, 2), (b"ANIM", bytes(6)),
                                       *[(b"ANMF", bytes(16) + b"VP8L\5\0\0\0\x2f\0\0\0\0\0")] * 800000),
        "bad Huffman code": jpeg(frame(0xC0, 7000, 7000), scan() + b"\x3f" * 1000 + b"\xff\0" * 1000),
        "PNG with a bad filter": png(header(7000, 7000), bytes(6999 * 21001) + b"\x09" + bytes(21000)),
        "PNG whose palette is too short": png(header(7000, 7000, 8, 3), bytes(7000 * 7001 - 1) + b"\x02",
                                              chunk(b"PLTE", bytes(6))),
        "IDAT bomb": png(header(8, 8), bytes(500 << 20)),
        "IDAT bomb of 50 megapixels": png(header(7000, 7000), bytes(7000 * 21001 + 1)),
        "PNG with a bad Adler-32": png(header(7000, 7000), b"", stream=zlib.compress(bytes(7000 * 21001))[:-1] + b"\7"),
    }.items():
        write(name, content, decodes=True)
