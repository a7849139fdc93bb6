#!/usr/bin/python3
"""Training speed of dyce beside PyTorch's: cifar_resnet20, SGD with Nesterov's momentum, the same batch and threads.

    tools/compare_training.py DYCE DATA [THREADS [BATCH [ROUNDS]]]

DATA: class folders of at least 10 batches of images. Each round lets dyce train for an epoch, in float32 and where the
processor has it in bfloat16, and PyTorch, in both layouts, for as many steps on random images; printed are images a
second of each round. Needs python3-torch.
"""
import json
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.missing = outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.missing:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.missing // 2, self.missing // 2))
        return F.relu(x + y)


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    width = 16
    for stage in (16, 32, 64):
        for _ in range(3):
            layers.append(Block(width, stage))
            width = stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def torch_speed(layout, batch, steps):
    net = resnet20().train().to(memory_format=layout)
    images = torch.randn(batch, 3, 32, 32).to(memory_format=layout)
    labels = torch.randint(0, 10, (batch,))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    start = time.time()
    for _ in range(steps):
        optimiser.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimiser.step()
    return batch * steps / (time.time() - start)


def has_bfloat16():
    with open("/proc/cpuinfo") as file:
        return "avx512_bf16" in file.read()


def dyce_speed(program, data, threads, batch, precision):
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "train", "--from-scratch", "--arch", "cifar_resnet20", "--data", data, "--epochs", "1",
                   "--holdout", "0", "--threads", str(threads), "--batch", str(batch), "--quiet", "--json",
                   "--precision", precision, "-o", folder + "/model.safetensors"]
        report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return report["images_per_second"], report["steps"]


def main():
    program, data = sys.argv[1:3]
    threads, batch, rounds = ([int(x) for x in sys.argv[3:]] + [2, 128, 3][len(sys.argv) - 3:])[:3]
    torch.set_num_threads(threads)
    print("images/s, %d threads, batch %d, PyTorch %s" % (threads, batch, torch.__version__))
    print("%10s %10s %14s %24s" % ("dyce", "bfloat16", "PyTorch NCHW", "PyTorch channels last"))
    for _ in range(rounds):
        ours, steps = dyce_speed(program, data, threads, batch, "f32")
        narrow, _ = dyce_speed(program, data, threads, batch, "bf16") if has_bfloat16() else (float("nan"), 0)
        print("%10.0f %10.0f %14.0f %24.0f" % (ours, narrow, torch_speed(torch.contiguous_format, batch, steps),
                                               torch_speed(torch.channels_last, batch, steps)), flush=True)


if __name__ == "__main__":
    main()
