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
# timm's DeiT is torchvision's ViT of another width, under other names.
DEIT = {"deit_tiny": 192, "deit_small": 384}
TIMM_NAMES = [("conv_proj", "patch_embed.proj"), ("class_token", "cls_token"),
              ("encoder.pos_embedding", "pos_embed"), ("encoder.layers.encoder_layer_", "blocks."),
              ("ln_1", "norm1"), ("ln_2", "norm2"), ("self_attention.in_proj_", "attn.qkv."),
              ("self_attention.out_proj", "attn.proj"), ("mlp.0.", "mlp.fc1."), ("mlp.3.", "mlp.fc2."),
              ("encoder.ln", "norm"), ("heads.head", "head")]


def build(architecture, classes, side):
    """The module, its auxiliary classifiers (where it has some) included: the importer must leave them out."""
    if architecture in DEIT:
        width = DEIT[architecture]
        return torchvision.models.VisionTransformer(side, 16, 12, width // 64, width, 4 * width, num_classes=classes)
    options = {}
    if architecture == "vit_b_16":
        options["image_size"] = side
    if architecture in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    return getattr(torchvision.models, architecture)(weights=None, num_classes=classes, **options)


def random_images(count, side, generator):
    """Large and small spots: of white noise alone deep layers see nothing but averages, which differ little from
    image to image, so that batch norms would magnify rounding errors."""
    coarse = torch.randn(count, 3, 6, 6, generator=generator)
    spots = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear", align_corners=False)
    return spots + 0.25 * torch.randn(count, 3, side, side, generator=generator)


def randomise(model, generator, side, batch=8):
    """No zero biases, no unit scales; the statistics are those of a random batch, so that activations stay
    of order one through any number of layers."""
    norms = (torch.nn.BatchNorm2d, torch.nn.LayerNorm)
    has_norms = any(isinstance(module, norms) for module in model.modules())
    for module in model.modules():
        if not has_norms and hasattr(module, "weight"):  # He et al., 2015
            deviation = (2 / module.weight[0].numel())**0.5
            module.weight.copy_(deviation * torch.randn(module.weight.shape, generator=generator))
        if getattr(module, "bias", None) is not None:
            module.bias.copy_(0.1 * torch.randn(module.bias.shape, generator=generator))
        if isinstance(module, norms):
            module.weight.copy_(0.5 + torch.rand(module.weight.shape, generator=generator))
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # one batch replaces the statistics
        if isinstance(module, torch.nn.Linear) and not module.weight.any():  # a ViT's head begins as zeros
            module.weight.copy_(torch.randn(module.weight.shape, generator=generator) / module.in_features**0.5)
        if hasattr(module, "in_proj_bias"):
            module.in_proj_bias.copy_(0.1 * torch.randn(module.in_proj_bias.shape, generator=generator))
    # Like trained blocks, a ResNet's change their input a little; else 50 of them multiply rounding errors.
    for module in model.modules():
        if isinstance(module, (BasicBlock, Bottleneck)):
            (module.bn3 if isinstance(module, Bottleneck) else module.bn2).weight.mul_(0.2)
    if any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules()):
        model.train()(random_images(batch, side, generator))


def state_dict(model, architecture):
    tensors = {name: tensor.clone().numpy() for name, tensor in model.state_dict().items()}
    if architecture not in DEIT:
        return tensors
    renamed = {}
    for name, tensor in tensors.items():
        for there, here in TIMM_NAMES:
            name = name.replace(there, here)
        renamed[name] = tensor
    return renamed


@torch.no_grad()
def write(folder, architecture, classes=CLASSES, side=SIDE, pictures=2):
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(2)
    model = build(architecture, classes, side)
    randomise(model, generator, side)
    tensors = state_dict(model, architecture)
    images = random_images(pictures, side, generator)
    single = model.eval()(images)
    logits = model.double()(images.double())
    write_reference(folder, architecture, tensors, images.numpy(), logits.numpy())
    return float((single - logits).abs().max() / logits.abs().max())  # what float32 costs PyTorch itself


if __name__ == "__main__":
    for name in sys.argv[2:]:
        write(sys.argv[1], name)
