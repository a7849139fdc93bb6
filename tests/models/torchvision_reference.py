"""Writes random but healthy weights of torchvision architectures and the logits torchvision computes with them.

    torchvision_reference.py FOLDER ARCHITECTURE...     (needs python3-torchvision)

FOLDER gets ARCHITECTURE.safetensors, ARCHITECTURE_pictures.npy and ARCHITECTURE_logits.npy.
"""
import sys

import torch
import torchvision
from torchvision.models.resnet import BasicBlock, Bottleneck

from reference_files import write_reference

CLASSES = 37
SIDE = 64


def randomise(model, generator):
    """No zero biases, no unit scales; the statistics are those of a random batch, so that activations stay
    of order one through any number of layers."""
    for module in model.modules():
        if getattr(module, "bias", None) is not None:
            module.bias.copy_(0.1 * torch.randn(module.bias.shape, generator=generator))
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.copy_(0.5 + torch.rand(module.weight.shape, generator=generator))
            module.momentum = 1.0  # one batch replaces the statistics
    # Like trained blocks, a ResNet's change their input a little; else 50 of them multiply rounding errors.
    for module in model.modules():
        if isinstance(module, (BasicBlock, Bottleneck)):
            (module.bn3 if isinstance(module, Bottleneck) else module.bn2).weight.mul_(0.2)
    model.train()(torch.randn(8, 3, SIDE, SIDE, generator=generator))


@torch.no_grad()
def write(folder, architecture):
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(2)
    model = getattr(torchvision.models, architecture)(weights=None, num_classes=CLASSES)
    randomise(model, generator)
    tensors = {name: tensor.clone().numpy() for name, tensor in model.state_dict().items()}
    pictures = torch.randn(2, 3, SIDE, SIDE, generator=generator)
    logits = model.double().eval()(pictures.double())
    write_reference(folder, architecture, tensors, pictures.numpy(), logits.numpy())


for name in sys.argv[2:]:
    write(sys.argv[1], name)
