"""The layers and models of the reference: what is built, from which arguments, on which graph, in which mode."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch_geometric import nn
from torch_geometric.nn import models

from models import Appnp, Gcn2, ResidualBlocks, Sgc

FEATURES, HIDDEN, CLASSES, LAYERS = 7, 6, 5, 3


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable[..., torch.nn.Module]
    arguments: dict
    graph: str | None = 'undirected'
    weighted: bool = False
    mode: str = 'eval'
    # Names of the feature matrices that the module is called with.
    inputs: tuple[str, ...] = ('x',)
    # A jumping knowledge takes them as one list.
    as_list: bool = False


def gin_conv(channels, norm=None):
    return nn.GINConv(nn.MLP(channels, norm=norm), train_eps=True)


# Per node: PyTorch Geometric's own default normalises over all nodes of a graph at once.
LAYER_NORM = {'norm': 'layer_norm', 'norm_kwargs': {'mode': 'node'}}
BATCH_NORM = {'norm': 'batch_norm'}


def convolutions():
    sizes = {'in_channels': FEATURES, 'out_channels': CLASSES}
    yield Case('conv_gcn', nn.GCNConv, sizes)
    yield Case('conv_gcn_weighted', nn.GCNConv, sizes, weighted=True)
    yield Case('conv_gcn_directed_weighted', nn.GCNConv, sizes, 'directed', True)
    for aggregation in ('mean', 'max', 'sum'):
        yield Case(f'conv_sage_{aggregation}', nn.SAGEConv, {**sizes, 'aggr': aggregation})
    for aggregation in ('mean', 'max'):
        yield Case(f'conv_sage_{aggregation}_directed', nn.SAGEConv, {**sizes, 'aggr': aggregation}, 'directed')
    channels = [FEATURES, HIDDEN, CLASSES]
    yield Case('conv_gin', gin_conv, {'channels': channels})
    yield Case('conv_gin_batch_norm', gin_conv, {'channels': channels, **BATCH_NORM}, mode='train')
    for concat in (True, False):
        how = 'concat' if concat else 'mean'
        attention = {**sizes, 'heads': 3, 'concat': concat}
        yield Case(f'conv_gat_{how}', nn.GATConv, attention)
        yield Case(f'conv_gatv2_{how}', nn.GATv2Conv, attention)
        yield Case(f'conv_gatv2_{how}_shared', nn.GATv2Conv, {**attention, 'share_weights': True})
    yield Case('conv_gat_directed', nn.GATConv, {**sizes, 'heads': 2}, 'directed')
    yield Case('conv_gatv2_directed', nn.GATv2Conv, {**sizes, 'heads': 2}, 'directed')
    for weighted in (False, True):
        yield Case('conv_gcn_loops' + ('_weighted' if weighted else ''), nn.GCNConv, sizes, 'loops', weighted)
    for aggregation in ('mean', 'max'):
        yield Case(f'conv_sage_{aggregation}_loops', nn.SAGEConv, {**sizes, 'aggr': aggregation}, 'loops')
    yield Case('conv_gat_loops', nn.GATConv, {**sizes, 'heads': 2}, 'loops')
    yield Case('conv_gatv2_loops', nn.GATv2Conv, {**sizes, 'heads': 2}, 'loops')
    yield Case('conv_appnp', nn.APPNP, {'K': 10, 'alpha': 0.1})
    yield Case('conv_appnp_directed_weighted', nn.APPNP, {'K': 10, 'alpha': 0.1}, 'directed', True)
    yield Case('conv_sgc', nn.SGConv, {**sizes, 'K': 2})
    for shared in (True, False):
        arguments = {'channels': FEATURES, 'alpha': 0.1, 'theta': 0.5, 'layer': 3, 'shared_weights': shared}
        name = 'conv_gcn2' + ('' if shared else '_two_weights')
        yield Case(name, nn.GCN2Conv, arguments, inputs=('x', 'x_0'))


def dense():
    width = {'in_channels': FEATURES}
    yield Case('linear', nn.Linear, {**width, 'out_channels': CLASSES}, None)
    yield Case('batch_norm_train', nn.BatchNorm, width, None, mode='train')
    yield Case('batch_norm_eval', nn.BatchNorm, width, None)
    yield Case('layer_norm', nn.LayerNorm, {**width, 'mode': 'node'}, None)
    yield Case('relu', torch.nn.ReLU, {}, None)
    yield Case('elu', torch.nn.ELU, {}, None)
    yield Case('leaky_relu', torch.nn.LeakyReLU, {}, None)
    yield Case('prelu', torch.nn.PReLU, {}, None)
    yield Case('gelu', torch.nn.GELU, {}, None)
    for mode in ('cat', 'max'):
        inputs = ('xs.0', 'xs.1', 'xs.2')
        yield Case(f'jumping_knowledge_{mode}', nn.JumpingKnowledge, {'mode': mode}, None, inputs=inputs, as_list=True)


def stacks():
    sizes = {'in_channels': FEATURES, 'hidden_channels': HIDDEN, 'num_layers': LAYERS, 'out_channels': CLASSES}
    kinds = {
        'gcn': (models.GCN, {}),
        'sage': (models.GraphSAGE, {}),
        'gin': (models.GIN, {'train_eps': True}),
        'gat': (models.GAT, {'heads': 3}),
        'gatv2': (models.GAT, {'heads': 3, 'v2': True}),
    }
    variants = {
        '': ({}, 'eval', kinds),
        '_batch_norm_train': (BATCH_NORM, 'train', ('gcn', 'sage', 'gin', 'gat')),
        '_batch_norm_eval': (BATCH_NORM, 'eval', ('gcn', 'gin')),
        '_layer_norm': (LAYER_NORM, 'eval', ('gcn', 'gin', 'gat')),
        '_jk_last': ({'jk': 'last'}, 'eval', ('gcn', 'gatv2')),
        '_jk_cat': ({'jk': 'cat'}, 'eval', ('gcn', 'gat')),
        '_jk_max': ({'jk': 'max'}, 'eval', ('gcn', 'sage')),
        '_elu': ({'act': 'elu'}, 'eval', ('gin', 'gat')),
        '_prelu': ({'act': 'prelu'}, 'eval', ('gcn',)),
    }
    for variant, (changes, mode, which) in variants.items():
        for kind in which:
            build, own = kinds[kind]
            yield Case(f'model_{kind}{variant}', build, {**sizes, **own, **changes}, mode=mode)
    yield Case('model_gcn_directed_weighted', models.GCN, sizes, 'directed', True)
    yield Case('model_sage_max_directed', models.GraphSAGE, {**sizes, 'aggr': 'max'}, 'directed')
    yield Case('model_gat_directed', models.GAT, {**sizes, 'heads': 3}, 'directed')
    yield Case('model_gin_loops', models.GIN, {**sizes, 'num_layers': 2, 'train_eps': True}, 'loops')
    yield Case('model_mlp', nn.MLP, {**sizes, 'norm': None}, None)
    yield Case('model_mlp_batch_norm', nn.MLP, {**sizes, **BATCH_NORM}, None, mode='train')
    yield Case('model_mlp_layer_norm', nn.MLP, {**sizes, **LAYER_NORM}, None)


def others():
    sizes = {'in_channels': FEATURES, 'hidden_channels': HIDDEN, 'out_channels': CLASSES}
    yield Case('model_appnp', Appnp, {**sizes, 'K': 10, 'alpha': 0.1})
    yield Case('model_sgc', Sgc, {'in_channels': FEATURES, 'out_channels': CLASSES, 'K': 2})
    for shared in (True, False):
        name = 'model_gcn2' + ('' if shared else '_two_weights')
        yield Case(name, Gcn2, {**sizes, 'num_layers': 4, 'alpha': 0.1, 'theta': 0.5, 'shared_weights': shared})
    for kind in ('gcn', 'sage'):
        arguments = {'kind': kind, **sizes, 'num_layers': 2}
        yield Case(f'model_{kind}_blocks', ResidualBlocks, arguments)
        wide = {**arguments, 'norm': 'batch_norm', 'hidden_dim_multiplier': 2}
        yield Case(f'model_{kind}_blocks_batch_norm', ResidualBlocks, wide, mode='train')


CASES = [*convolutions(), *dense(), *stacks(), *others()]
