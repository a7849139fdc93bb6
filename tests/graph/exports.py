#!/usr/bin/python3
"""Writes small networks as PyTorch exports them: exports.py OUT_DIR makes OUT_DIR/NAME.onnx."""
import sys

import torch
from torch import nn
from torch.nn import functional as F


class LayerScaleBlock(nn.Module):
    """ConvNeXt's block."""

    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm = nn.LayerNorm(8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.scale = nn.Parameter(torch.rand(8, 1, 1))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.down(F.gelu(self.up(y))).permute(0, 3, 1, 2)
        return x + self.scale * y


class ResponseNorm(nn.Module):
    """ConvNeXt V2's, as timm writes it."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(8)), nn.Parameter(torch.rand(8))

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        norm = x.norm(p=2, dim=(1, 2), keepdim=True)
        response = norm / (norm.mean(dim=-1, keepdim=True) + 1e-6)
        scale = torch.addcmul(self.bias.view(1, 1, 1, -1), self.weight.view(1, 1, 1, -1), x * response)
        return (x + scale).permute(0, 3, 1, 2)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.b = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8))

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + x)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Dropout(), nn.Linear(8, 5), nn.BatchNorm1d(5))

    def forward(self, x):
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def scaled_batch_norm():
    return nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), Function(lambda x: (x - 0.5) / 0.25))


NETWORKS = {
    "gelu": (nn.GELU(), 14),
    "gelu_tanh": (nn.GELU(approximate="tanh"), 14),
    "gelu_by_hand": (Function(lambda x: 0.5 * x * (1 + torch.tanh(0.7978845608 * x * (1 + 0.044715 * x * x)))), 14),
    "quick_gelu": (Function(lambda x: x * torch.sigmoid(1.702 * x)), 14),
    "silu": (nn.SiLU(), 14),
    "hard_swish_11": (nn.Hardswish(), 11),
    "hard_swish_14": (nn.Hardswish(), 14),
    "hard_swish_by_hand": (Function(lambda x: x * F.relu6(x + 3) / 6), 11),
    "hard_sigmoid_by_hand": (Function(lambda x: F.relu6(x + 3) / 6), 13),
    "layer_norm_11": (nn.LayerNorm([6], eps=1e-3), 11),
    "layer_norm_17": (nn.LayerNorm([6], eps=1e-3), 17),
    "layer_scale_block": (LayerScaleBlock(), 13),
    "response_norm": (ResponseNorm(), 13),
    "residual": (Residual(), 13),
    "classifier": (Classifier(), 13),
    "scaled_batch_norm": (scaled_batch_norm(), 13),
}

torch.manual_seed(0)
for name, (network, opset) in NETWORKS.items():
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.running_mean), nn.init.uniform_(layer.running_var, 0.5, 2)
    torch.onnx.export(network.eval(), torch.randn(1, 8, 4, 6), f"{sys.argv[1]}/{name}.onnx", opset_version=opset,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "N"}, "y": {0: "N"}})
