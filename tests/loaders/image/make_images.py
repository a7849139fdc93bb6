"""Writes legal pictures of every kind to a folder, each beside the RGB values that Pillow reads from it.

    make_images.py FOLDER

NAME.png, NAME.jpg or NAME.webp is the picture; NAME.rgb holds width and height (two little-endian int32) and the pixels.
"""
import io
import struct
import sys
import zlib

import numpy as np
from PIL import Image

folder = sys.argv[1]
random = np.random.default_rng(7)


def expect(name, rgb):
    rgb = np.ascontiguousarray(rgb, np.uint8)
    with open(f"{folder}/{name}.rgb", "wb") as file:
        file.write(struct.pack("<ii", rgb.shape[1], rgb.shape[0]) + rgb.tobytes())


def filtered(samples, depth, bytes_per_pixel):
    """Packs rows of samples and filters row k with filter k % 5."""
    rows = []
    above = None
    for k, row in enumerate(samples.reshape(samples.shape[0], -1)):
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth)[::-1]) & 1
            packed = np.packbits(bits.astype(np.uint8)).tobytes()
        x = np.frombuffer(packed, np.uint8).astype(int)
        up = np.zeros_like(x) if above is None else above
        left = np.concatenate([np.zeros(bytes_per_pixel, int), x])[:x.size]
        corner = np.concatenate([np.zeros(bytes_per_pixel, int), up])[:x.size]
        near = np.stack([left, up, corner])
        distance = np.abs(near - (left + up - corner))
        paeth = np.take_along_axis(near, distance.argmin(0)[None], 0)[0]
        prediction = [0, left, up, (left + up) // 2, paeth][k % 5]
        rows.append(bytes([k % 5]) + ((x - prediction) % 256).astype(np.uint8).tobytes())
        above = x
    return b"".join(rows)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, color, depth, interlaced, width, height, palette=None, transparency=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    top = 1 << depth if palette is None else len(palette)
    samples = random.integers(0, top, (height, width, channels))
    per_pixel = max(1, channels * depth // 8)
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, dx, dy in passes:
        part = samples[y::dy, x::dx]
        if part.size:
            raw += filtered(part, depth, per_pixel)
    stream = zlib.compress(raw)
    data = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))
    data += chunk(b"gAMA", struct.pack(">I", 45455))
    if palette is not None:
        data += chunk(b"PLTE", palette.tobytes())
    if transparency is not None:
        data += chunk(b"tRNS", transparency)
    for i in range(0, len(stream), 97):
        data += chunk(b"IDAT", stream[i:i + 97])
    path = f"{folder}/{name}.png"
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b""))
    picture = Image.open(path)
    if color == 0 and depth == 16:  # Pillow clips these to 255 instead of taking the high byte
        expect(name, np.repeat(samples >> 8, 3, 2))
    else:
        expect(name, np.asarray(picture.convert("RGB")))


kinds = [(0, d) for d in (1, 2, 4, 8, 16)] + [(3, d) for d in (1, 2, 4, 8)] + [(c, d) for c in (2, 4, 6) for d in (8, 16)]
for color, depth in kinds:
    palette = random.integers(0, 256, (min(1 << depth, 200), 3), np.uint8) if color == 3 else None
    for interlaced in (False, True):
        for width, height in ((1, 1), (2, 3), (9, 5), (33, 17)):
            png(f"c{color}d{depth}i{int(interlaced)}_{width}x{height}", color, depth, interlaced, width, height, palette)
palette = random.integers(0, 256, (7, 3), np.uint8)
png("transparent_palette", 3, 4, False, 10, 10, palette, bytes([0, 128, 255]))
png("transparent_grey", 0, 8, False, 10, 10, None, struct.pack(">H", 3))
png("transparent_rgb", 2, 8, False, 10, 10, None, struct.pack(">HHH", 1, 2, 3))

# Smooth colours, as in photographs: that is what decoders may differ on by a rounding.
y, x = np.mgrid[0:75, 0:99]
photo = np.stack([127 + 90 * np.sin(x / 9), 127 + 90 * np.cos(y / 7), x + y], -1).astype(np.uint8)
for name, mode, options in [
    ("baseline_444", "RGB", dict(quality=95, subsampling=0)),
    ("baseline_422", "RGB", dict(quality=90, subsampling=1)),
    ("baseline_420", "RGB", dict(quality=90, subsampling=2)),
    ("progressive_420", "RGB", dict(quality=90, progressive=True)),
    ("progressive_444", "RGB", dict(quality=90, subsampling=0, progressive=True)),
    ("optimized", "RGB", dict(quality=80, optimize=True)),
    ("grey", "L", dict(quality=90)),
    ("grey_progressive", "L", dict(quality=90, progressive=True)),
    ("cmyk", "CMYK", dict(quality=95)),
]:
    picture = Image.fromarray(photo).convert(mode)
    picture.save(f"{folder}/{name}.jpg", **options)
    expect(name, np.asarray(Image.open(f"{folder}/{name}.jpg").convert("RGB")))

# Colours of half the width, with edges that show which neighbour an upsampled column took.
for width in (1, 2, 3, 16, 17):
    blocks = random.integers(0, 256, (3, -(-width // 4), 3))
    picture = Image.fromarray(np.kron(blocks, np.ones((4, 4, 1)))[:, :width].astype(np.uint8))
    picture.save(f"{folder}/sharp_422_{width}.jpg", quality=92, subsampling=1)
    expect(f"sharp_422_{width}", np.asarray(Image.open(f"{folder}/sharp_422_{width}.jpg").convert("RGB")))


def webp(picture, **options):
    file = io.BytesIO()
    picture.save(file, "WEBP", **options)
    return file.getvalue()


def riff_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def u24(value):
    return struct.pack("<I", value)[:3]


def animation(width, height, frames):
    """`frames` are still files, each with its place on the canvas."""
    body = riff_chunk(b"VP8X", b"\x12\0\0\0" + u24(width - 1) + u24(height - 1))
    body += riff_chunk(b"ANIM", b"\x20\x40\x60\xff\0\0")
    for x, y, still in frames:
        w, h = Image.open(io.BytesIO(still)).size
        body += riff_chunk(b"ANMF", u24(x // 2) + u24(y // 2) + u24(w - 1) + u24(h - 1) + u24(100) + b"\0" + still[12:])
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


picture = Image.fromarray(photo)
alpha = Image.fromarray(np.dstack([photo, random.integers(0, 256, photo.shape[:2], np.uint8)]))
exif = Image.Exif()
exif[0x0112] = 6  # on its side
smaller = picture.resize((20, 10))
for name, content in [
    ("lossy", webp(picture, quality=80)),
    ("lossless", webp(picture, lossless=True)),
    ("lossy_alpha", webp(alpha, quality=70)),
    ("lossless_alpha", webp(alpha, lossless=True, exact=True)),
    ("grey_webp", webp(picture.convert("L"), quality=90)),
    ("exif", webp(picture, quality=60, exif=exif)),
    ("moving", webp(picture, save_all=True, append_images=[picture.transpose(Image.FLIP_LEFT_RIGHT)], duration=50)),
    ("small_first_frame", animation(31, 17, [(6, 4, webp(smaller)), (0, 0, webp(smaller, lossless=True))])),
]:
    with open(f"{folder}/{name}.webp", "wb") as file:
        file.write(content)
    expect(name, np.asarray(Image.open(f"{folder}/{name}.webp").convert("RGB")))
