#!/usr/bin/env python3
"""Draws the pictures of tools/demo.sh into a folder:  tools/demo/draw.py [FOLDER]

Each is a scene of simple shapes at 8 times the size of a CIFAR-10 picture, softened and grained a little as a
photograph is. The same script makes the same pictures.
"""
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE = 256


def mix(a, b, t):
    return tuple(round(x + (y - x) * t) for x, y in zip(a, b))


def gradient(top, bottom):
    """A picture that fades from one colour at the top to another at the bottom."""
    picture = Image.new("RGB", (SIZE, SIZE))
    draw = ImageDraw.Draw(picture)
    for y in range(SIZE):
        draw.line((0, y, SIZE, y), fill=mix(top, bottom, y / (SIZE - 1)))
    return picture


def ground(picture, y, near, far):
    draw = ImageDraw.Draw(picture)
    for row in range(y, SIZE):
        draw.line((0, row, SIZE, row), fill=mix(far, near, (row - y) / (SIZE - y)))


def speckle(picture, box, colors, count, seed, length=3):
    """Short strokes inside a box: grass, leaves, waves."""
    rng = random.Random(seed)
    draw = ImageDraw.Draw(picture)
    for _ in range(count):
        x, y = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
        draw.line((x, y, x + rng.uniform(-length, length), y - rng.uniform(0, length)), fill=rng.choice(colors),
                  width=2)


def airplane():
    picture = gradient((72, 128, 196), (176, 208, 236))
    draw = ImageDraw.Draw(picture)
    white, shade, dark = (236, 238, 242), (176, 182, 192), (112, 120, 134)
    draw.polygon([(100, 132), (150, 130), (92, 206), (74, 206)], fill=shade)  # near wing
    draw.polygon([(118, 116), (152, 114), (128, 66), (114, 66)], fill=dark)  # far wing
    draw.polygon([(30, 118), (52, 118), (34, 72), (18, 72)], fill=shade)  # fin
    draw.polygon([(26, 126), (52, 126), (26, 146), (12, 146)], fill=dark)
    draw.rounded_rectangle((24, 108, 216, 138), radius=15, fill=white)
    draw.polygon([(196, 108), (240, 126), (196, 138)], fill=white)
    draw.rectangle((40, 128, 206, 136), fill=shade)
    for x in range(70, 200, 12):
        draw.ellipse((x, 116, x + 5, 121), fill=(70, 90, 120))
    draw.ellipse((92, 160, 124, 176), fill=dark)
    return picture


def automobile():
    picture = gradient((150, 186, 220), (210, 222, 230))
    ground(picture, 150, (92, 92, 96), (124, 124, 126))
    draw = ImageDraw.Draw(picture)
    red, dark, glass = (190, 28, 32), (126, 16, 22), (52, 66, 82)
    draw.ellipse((14, 196, 246, 222), fill=(52, 52, 56))
    draw.polygon([(70, 128), (98, 88), (176, 88), (208, 128)], fill=red)
    draw.polygon([(82, 126), (104, 96), (134, 96), (134, 126)], fill=glass)
    draw.polygon([(142, 126), (142, 96), (170, 96), (194, 126)], fill=glass)
    draw.rounded_rectangle((14, 124, 244, 188), radius=22, fill=red)
    draw.rectangle((20, 166, 240, 188), fill=dark)
    draw.ellipse((18, 138, 40, 154), fill=(244, 226, 170))
    draw.rectangle((228, 138, 244, 154), fill=(240, 120, 40))
    for x in (64, 194):
        draw.ellipse((x - 27, 160, x + 27, 214), fill=(22, 22, 24))
        draw.ellipse((x - 14, 173, x + 14, 201), fill=(168, 172, 178))
    return picture


def ship():
    picture = gradient((132, 172, 214), (206, 222, 234))
    ground(picture, 168, (24, 62, 102), (70, 116, 158))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((84, 104, 190, 144), fill=(240, 240, 238))
    draw.rectangle((104, 76, 170, 106), fill=(228, 228, 226))
    draw.rectangle((124, 44, 148, 78), fill=(196, 60, 44))
    draw.rectangle((124, 44, 148, 54), fill=(34, 34, 38))
    for x in range(92, 186, 14):
        draw.rectangle((x, 116, x + 7, 124), fill=(60, 80, 104))
    draw.polygon([(14, 142), (246, 142), (222, 192), (40, 192)], fill=(38, 44, 62))
    draw.polygon([(30, 178), (232, 178), (222, 194), (40, 194)], fill=(150, 34, 34))
    speckle(picture, (0, 190, SIZE, SIZE), [(150, 184, 210), (44, 88, 130), (206, 222, 232)], 260, 1, 8)
    return picture


def truck():
    picture = gradient((168, 194, 220), (220, 226, 230))
    ground(picture, 176, (104, 100, 94), (140, 136, 128))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((6, 206, 250, 230), fill=(64, 62, 60))
    draw.rectangle((10, 56, 164, 186), fill=(238, 238, 234))
    draw.rectangle((10, 150, 164, 186), fill=(206, 206, 202))
    draw.polygon([(172, 100), (216, 100), (244, 146), (244, 194), (172, 194)], fill=(34, 92, 168))
    draw.polygon([(182, 108), (212, 108), (232, 144), (182, 144)], fill=(50, 64, 82))
    draw.rectangle((8, 186, 246, 200), fill=(48, 48, 52))
    draw.rectangle((232, 164, 246, 176), fill=(250, 226, 150))
    for x in (46, 96, 206):
        draw.ellipse((x - 23, 178, x + 23, 224), fill=(22, 22, 24))
        draw.ellipse((x - 11, 190, x + 11, 212), fill=(150, 152, 158))
    return picture


def frog():
    picture = gradient((104, 92, 60), (70, 64, 40))
    speckle(picture, (0, 0, SIZE, SIZE), [(126, 112, 70), (58, 70, 34), (88, 78, 48)], 900, 2, 10)
    draw = ImageDraw.Draw(picture)
    green, light, dark = (92, 142, 48), (150, 186, 92), (52, 92, 30)
    draw.ellipse((22, 140, 96, 220), fill=dark)
    draw.ellipse((160, 140, 234, 220), fill=dark)
    draw.ellipse((46, 80, 210, 218), fill=green)
    draw.ellipse((76, 140, 180, 222), fill=light)
    draw.ellipse((62, 56, 194, 150), fill=green)
    for x in (88, 168):
        draw.ellipse((x - 25, 42, x + 25, 92), fill=green)
        draw.ellipse((x - 17, 50, x + 17, 84), fill=(222, 190, 60))
        draw.ellipse((x - 8, 58, x + 8, 78), fill=(18, 18, 14))
    draw.arc((84, 80, 172, 132), 20, 160, fill=dark, width=5)
    speckle(picture, (66, 100, 190, 180), [dark, (110, 160, 60)], 60, 3, 6)
    return picture


def bird():
    picture = gradient((146, 168, 120), (96, 122, 72))
    speckle(picture, (0, 0, SIZE, SIZE), [(120, 146, 92), (168, 188, 140), (84, 106, 60)], 500, 4, 14)
    draw = ImageDraw.Draw(picture)
    brown, light, dark = (134, 92, 54), (226, 206, 170), (70, 46, 28)
    draw.line((0, 204, SIZE, 188), fill=(82, 60, 40), width=14)
    draw.polygon([(44, 150), (6, 196), (22, 204), (84, 172)], fill=dark)  # tail
    draw.ellipse((48, 86, 182, 188), fill=brown)
    draw.ellipse((96, 112, 184, 190), fill=light)
    draw.polygon([(58, 112), (140, 110), (66, 176)], fill=dark)  # wing
    draw.ellipse((132, 50, 206, 122), fill=brown)
    draw.polygon([(200, 80), (242, 90), (200, 100)], fill=(230, 160, 50))
    draw.ellipse((172, 72, 188, 88), fill=(14, 12, 10))
    draw.ellipse((180, 75, 184, 79), fill=(250, 250, 250))
    for x in (112, 136):
        draw.line((x, 184, x - 4, 200), fill=(196, 130, 60), width=5)
    return picture


def photograph(picture, seed):
    """Softened edges and a little grain."""
    picture = picture.filter(ImageFilter.GaussianBlur(2))
    rng = random.Random(seed)
    grain = Image.new("L", (SIZE // 4, SIZE // 4))
    grain.putdata([rng.randrange(112, 145) for _ in range(grain.width * grain.height)])
    grain = grain.resize((SIZE, SIZE), Image.BICUBIC).convert("RGB")
    return Image.blend(picture, grain, 0.12)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    for seed, scene in enumerate([airplane, automobile, bird, frog, ship, truck]):
        photograph(scene(), seed).save(folder / f"{scene.__name__}.png", optimize=True)


if __name__ == "__main__":
    main()
