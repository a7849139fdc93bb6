#!/usr/bin/python3
"""Logits of the built-in architectures beside torchvision's, at full size and with 1000 classes.

    tools/compare_torchvision.py DYCE [ARCHITECTURE...]      (needs python3-torchvision and up to 2 GiB on disk)

Each gets seeded random weights, is computed by PyTorch in double precision, saved as a state dict, converted, and
computed by DYCE. Printed is the largest difference as a share of the largest logit, and the same of PyTorch's own
float32; where the former is over 1e-5 the exit code is 1. DYCE computes 5 images at once and the first one alone: that must be the same to the bit.
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "models"))
import torchvision_reference  # noqa: E402

LIMIT = 1e-5
IMAGES = 5
SIDES = {"inception_v3": 299, "efficientnet_b1": 240, "efficientnet_b2": 288, "efficientnet_b3": 300}
ARCHITECTURES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2",
                 "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b1",
                 "efficientnet_b2", "efficientnet_b3", "squeezenet1_1", "alexnet", "vgg11", "vgg11_bn", "vgg16",
                 "vgg16_bn", "googlenet", "inception_v3", "densenet121", "densenet169", "shufflenet_v2_x1_0",
                 "mnasnet1_0", "regnet_y_400mf", "deit_tiny", "deit_small", "vit_b_16", "swin_t"]


def run(dyce, model, pictures, folder):
    np.save(folder + "/in.npy", pictures)
    subprocess.run([dyce, "run", model, "--input", folder + "/in.npy", "--output", folder], check=True,
                   stdout=subprocess.DEVNULL)
    return np.load(folder + "/logits.npy")


def compare(dyce, name, folder):
    theirs = torchvision_reference.write(folder, name, 1000, SIDES.get(name, 224), IMAGES)
    stem, model = f"{folder}/{name}", f"{folder}/model.safetensors"
    side = str(SIDES.get(name, 224))
    subprocess.run([dyce, "convert", stem + ".safetensors", "--arch", name, "--preset", "imagenet", "--resize", side,
                    "--crop", side, "--quiet", "-o", model], check=True)
    pictures, expected = np.load(stem + "_pictures.npy"), np.load(stem + "_logits.npy")
    found = run(dyce, model, pictures, folder)
    alone = run(dyce, model, pictures[:1], folder)
    member = json.loads(subprocess.run([dyce, "inspect", model, "--json"], check=True, capture_output=True).stdout)
    share = float(np.abs(found - expected).max() / np.abs(expected).max())
    fits = share <= LIMIT and np.array_equal(found[:1], alone)
    print(f"{name:20} {share:.1e}  (PyTorch's float32 {theirs:.1e})  {'same' if np.array_equal(found[:1], alone) else 'OTHER'} bits alone  "
          f"{member['params']} parameters  {member['macs']} multiply-adds{'' if fits else '  FAILED'}",
          flush=True)
    return fits


def main():
    dyce, names = sys.argv[1], sys.argv[2:] or ARCHITECTURES
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            failed += not compare(dyce, name, folder)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
