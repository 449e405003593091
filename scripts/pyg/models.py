"""Models that PyTorch Geometric has as examples or that another repository defines, under their parameter names."""

import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.nn import APPNP, GCN2Conv, SGConv
from torch_geometric.nn.conv.gcn_conv import gcn_norm
from torch_geometric.utils import scatter


def named_state(module: nn.Module):
    """Parameters and buffers, shared ones once; the counter of batches is no part of any formula."""
    yield from module.named_parameters()
    yield from ((name, value) for name, value in module.named_buffers() if not name.endswith('num_batches_tracked'))


class Appnp(nn.Module):
    """benchmark/citation/appnp.py of pyg-team/pytorch_geometric."""

    def __init__(self, in_channels, hidden_channels, out_channels, K=10, alpha=0.1):
        super().__init__()
        self.lin1 = nn.Linear(in_channels, hidden_channels)
        self.lin2 = nn.Linear(hidden_channels, out_channels)
        self.prop1 = APPNP(K, alpha)

    def forward(self, x, edge_index, edge_weight=None):
        return self.prop1(self.lin2(F.relu(self.lin1(x))), edge_index, edge_weight)


class Sgc(nn.Module):
    """benchmark/citation/sgc.py and examples/sgc.py of pyg-team/pytorch_geometric."""

    def __init__(self, in_channels, out_channels, K=2):
        super().__init__()
        self.conv1 = SGConv(in_channels, out_channels, K=K)

    def forward(self, x, edge_index, edge_weight=None):
        return self.conv1(x, edge_index, edge_weight)


class Gcn2(nn.Module):
    """examples/gcn2_cora.py of pyg-team/pytorch_geometric; the layers count from 1."""

    def __init__(
        self, in_channels, hidden_channels, out_channels, num_layers, alpha=0.1, theta=0.5, shared_weights=True
    ):
        super().__init__()
        self.lins = nn.ModuleList([nn.Linear(in_channels, hidden_channels), nn.Linear(hidden_channels, out_channels)])
        self.convs = nn.ModuleList(
            GCN2Conv(hidden_channels, alpha, theta, layer + 1, shared_weights) for layer in range(num_layers)
        )

    def forward(self, x, edge_index, edge_weight=None):
        x = x_0 = self.lins[0](x).relu()
        for conv in self.convs:
            # The convolution writes to the tensor that it aggregated, never to x or x_0.
            x = conv(x, x_0, edge_index, edge_weight).relu()
        return self.lins[1](x)


class FeedForward(nn.Module):
    def __init__(self, in_channels, dim, multiplier):
        super().__init__()
        self.linear_1 = nn.Linear(in_channels, int(dim * multiplier))
        self.linear_2 = nn.Linear(int(dim * multiplier), dim)

    def forward(self, x):
        return self.linear_2(F.gelu(self.linear_1(x)))


class GcnModule(nn.Module):
    """D^-1/2 (A + I) D^-1/2 without a weight of its own: for a GCN, train.py adds self-loops to their graph."""

    def __init__(self, dim, multiplier):
        super().__init__()
        self.feed_forward_module = FeedForward(dim, dim, multiplier)

    def forward(self, x, edge_index):
        index, weight = gcn_norm(edge_index, None, x.size(0), dtype=x.dtype)
        return self.feed_forward_module(scatter(weight[:, None] * x[index[0]], index[1], 0, x.size(0), 'sum'))


class SageModule(nn.Module):
    def __init__(self, dim, multiplier):
        super().__init__()
        self.feed_forward_module = FeedForward(2 * dim, dim, multiplier)

    def forward(self, x, edge_index):
        message = scatter(x[edge_index[0]], edge_index[1], 0, x.size(0), 'mean')
        return self.feed_forward_module(torch.cat([x, message], dim=1))


class Residual(nn.Module):
    def __init__(self, dim, module, normalization):
        super().__init__()
        self.normalization = normalization(dim)
        self.module = module

    def forward(self, x, edge_index):
        return x + self.module(self.normalization(x), edge_index)


class ResidualBlocks(nn.Module):
    """
    model.py and modules.py of yandex-research/heterophilous-graphs (arXiv 2302.11640) without DGL: linear and GELU,
    blocks x + MLP(convolution(norm(x))), norm, linear.
    """

    MODULES = {'gcn': GcnModule, 'sage': SageModule}
    NORMALIZATIONS = {'layer_norm': nn.LayerNorm, 'batch_norm': nn.BatchNorm1d, 'none': lambda _: nn.Identity()}

    def __init__(
        self, kind, in_channels, hidden_channels, out_channels, num_layers, norm='layer_norm', hidden_dim_multiplier=1
    ):
        super().__init__()
        normalization = self.NORMALIZATIONS[norm]
        self.input_linear = nn.Linear(in_channels, hidden_channels)
        self.residual_modules = nn.ModuleList(
            Residual(hidden_channels, self.MODULES[kind](hidden_channels, hidden_dim_multiplier), normalization)
            for _ in range(num_layers)
        )
        self.output_normalization = normalization(hidden_channels)
        self.output_linear = nn.Linear(hidden_channels, out_channels)

    def forward(self, x, edge_index, edge_weight=None):
        if edge_weight is not None:
            raise ValueError('the heterophilous benchmark has no edge weights')
        x = F.gelu(self.input_linear(x))
        for block in self.residual_modules:
            x = block(x, edge_index)
        return self.output_linear(self.output_normalization(x))
