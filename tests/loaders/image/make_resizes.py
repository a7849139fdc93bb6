"""Writes random pictures and what Pillow and torchvision's rules make of them.

    make_resizes.py resize|recipe|ways FILE

All numbers little-endian. `resize`: records of int32 width, height, new width, new height, filter (bilinear, bicubic,
nearest, box, hamming, lanczos), the source pixels, the resized pixels. `recipe`: records of int32 width, height, resize, crop, filter,
the source pixels, 3 x crop x crop float32 of the normalised centre crop. `ways`: records of int32 width, height, result width, result
height, way (0 both sides, 1 letterbox, 2 longer side, 3 grey, both sides), the source pixels, the result's pixels.
"""
import struct
import sys

import numpy as np
from PIL import Image, ImageOps

kind, path = sys.argv[1:]
random = np.random.default_rng(11)
FILTERS = (Image.BILINEAR, Image.BICUBIC, Image.NEAREST, Image.BOX, Image.HAMMING, Image.LANCZOS)
FILL = (12, 200, 77)
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)


def picture(width, height):
    return Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))


def centre_crop(image, crop):
    """torchvision.transforms.CenterCrop: pads with zeros, rounds halves to even."""
    width, height = image.size
    across, down = max(crop - width, 0), max(crop - height, 0)
    padded = np.pad(np.asarray(image), ((down // 2, (down + 1) // 2), (across // 2, (across + 1) // 2), (0, 0)))
    top = int(round((padded.shape[0] - crop) / 2.0))
    left = int(round((padded.shape[1] - crop) / 2.0))
    return padded[top:top + crop, left:left + crop]


def resize_shorter(image, size, filter):
    """torchvision.transforms.Resize(size)."""
    width, height = image.size
    if min(width, height) == size:
        return image
    longer = int(size * max(width, height) / min(width, height))
    return image.resize((size, longer) if width <= height else (longer, size), filter)


def ways(width, height, box, filter):
    """The same picture in every way a recipe knows, and what it must be."""
    source = picture(width, height)
    longer = max(box)
    shorter = max(int(longer * min(width, height) / max(width, height)), 1)
    yield source, source.resize(box, filter)
    yield source, ImageOps.pad(source, box, method=filter, color=FILL)
    yield source, source.resize((longer, shorter) if width > height else (shorter, longer), filter)
    yield source, source.convert("L").resize(box, filter)


with open(path, "wb") as file:
    for i in range(320):
        width, height, new_width, new_height = (int(v) for v in np.exp(random.uniform(0, np.log(160), 4)))
        if i % 40 == 0:  # far down, as photographs are
            width, height = 700 + i, 500 + i
        if i % 7 == 0:
            new_width = width
        if kind == "ways":
            width, height, new_width, new_height = (max(v, 16) for v in (width, height, new_width, new_height))
            for way, (source, result) in enumerate(ways(width, height, (new_width, new_height), Image.BILINEAR)):
                header = (width, height, *result.size, way)
                file.write(struct.pack("<5i", *header) + source.tobytes() + result.tobytes())
            continue
        source = picture(width, height)
        for number, filter in enumerate(FILTERS[:6 if i % 4 == 0 else 2]):
            if kind == "resize":
                result = source.resize((new_width, new_height), filter)
                header = (width, height, new_width, new_height, number)
            else:
                size, crop = max(new_width, new_height), min(new_width, new_height)
                if i % 3 == 0:
                    size = 0
                cropped = centre_crop(resize_shorter(source, size, filter) if size else source, crop)
                values = (cropped.astype(np.float32) / np.float32(255) - MEAN) / STD
                result = np.ascontiguousarray(values.transpose(2, 0, 1))
                header = (width, height, size, crop, number)
            file.write(struct.pack("<5i", *header) + source.tobytes() + result.tobytes())
