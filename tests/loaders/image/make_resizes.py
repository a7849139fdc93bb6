"""Writes random pictures and what Pillow and torchvision's rules make of them.

    make_resizes.py resize|recipe FILE

All numbers little-endian. `resize`: records of int32 width, height, new width, new height, filter (0 bilinear,
1 bicubic), the source pixels, the resized pixels. `recipe`: records of int32 width, height, resize, crop, filter,
the source pixels, 3 x crop x crop float32 of the normalised centre crop.
"""
import struct
import sys

import numpy as np
from PIL import Image

kind, path = sys.argv[1:]
random = np.random.default_rng(11)
FILTERS = (Image.BILINEAR, Image.BICUBIC)
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


with open(path, "wb") as file:
    for i in range(320):
        width, height, new_width, new_height = (int(v) for v in np.exp(random.uniform(0, np.log(160), 4)))
        if i % 40 == 0:  # far down, as photographs are
            width, height = 700 + i, 500 + i
        if i % 7 == 0:
            new_width = width
        source = picture(width, height)
        for number, filter in enumerate(FILTERS):
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
