"""
A model of Edgewise in PyTorch Geometric, and back. RUN is a folder as `edgewise train --out RUN` writes it: run.json
and weights.safetensors under PyTorch Geometric's parameter names.

    edgewise train --data DATA --out RUN && edgewise predict RUN --data DATA > there.csv
    python roundtrip.py RUN --data FILE --predictions there.csv      a model trained here gives the same logits there
    python roundtrip.py RUN --data FILE --make OTHER                 OTHER: the same model, random weights made there
    edgewise predict OTHER --data DATA > back.csv
    python roundtrip.py OTHER --data FILE --predictions back.csv     ... and they give the same logits here

FILE is a bundle or a folder with a Planetoid set. The names must match one to one (`load_state_dict(strict=True)`).
"""

import argparse
import csv
import json
import shutil
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch_geometric.nn import GATConv, GATv2Conv, models

from graphs import read_graph
from models import Appnp, Gcn2, ResidualBlocks, Sgc, named_state

NORMS = {'none': None, 'batch': 'batch_norm', 'layer': 'layer_norm'}

# Predictions are probabilities with six digits, computed in float32.
TOLERANCE = 1e-5


def sizes(config, features, classes):
    return {
        'in_channels': features,
        'hidden_channels': config['model.hidden'],
        'out_channels': classes,
        'num_layers': config['model.layers'],
    }


def stack(build, fixed=None, **own):
    """A BasicGNN or MLP; `fixed`: arguments of its layers; `own`: those that the configuration gives (key, default)."""

    def make(config, features, classes):
        norm = config.get('model.norm', 'none')
        jumping = config.get('model.jumpingKnowledge', 'none')
        arguments = {
            'act': config.get('model.activation', 'relu'),
            'norm': NORMS[norm],
            'norm_kwargs': {'mode': 'node'} if NORMS[norm] == 'layer_norm' else None,
            **({} if jumping == 'none' else {'jk': jumping}),
            **(fixed or {}),
            **{name: config.get(key, default) for name, (key, default) in own.items()},
        }
        return build(**sizes(config, features, classes), **arguments)

    return make


def appnp(config, features, classes):
    arguments = sizes(config, features, classes)
    del arguments['num_layers']
    return Appnp(**arguments, K=config['model.steps'], alpha=config['model.alpha'])


def sgc(config, features, classes):
    return Sgc(features, classes, K=config['model.steps'])


def gcn2(config, features, classes):
    alpha, theta = config['model.alpha'], config['model.theta']
    return Gcn2(**sizes(config, features, classes), alpha=alpha, theta=theta)


def attention(convolution, v2):
    """BasicGNN gives its last layer as many heads as the others; here it has its own number, and their mean."""
    whole = stack(models.GAT, {'v2': v2}, heads=('model.heads', 8), concat=('model.concat', True))

    def make(config, features, classes):
        module = whole(config, features, classes)
        if config['model.jumpingKnowledge'] == 'none':
            width = features if config['model.layers'] == 1 else config['model.hidden']
            module.convs[-1] = convolution(width, classes, heads=config['model.outputHeads'], concat=False)
        return module

    return make


def blocks(config, features, classes):
    norm = config.get('model.norm', 'layer')
    return ResidualBlocks(config['model.kind'], **sizes(config, features, classes), norm=NORMS[norm] or 'none')


# By model.kind: (configuration, features, classes) → module. A new kind is one line.
BUILDERS = {
    'gcn': stack(models.GCN),
    'sage': stack(models.GraphSAGE, aggr=('model.aggregation', 'mean')),
    'gin': stack(models.GIN, train_eps=('model.learnEps', True)),
    'gat': attention(GATConv, False),
    'gatv2': attention(GATv2Conv, True),
    'mlp': stack(models.MLP),
    'appnp': appnp,
    'sgc': sgc,
    'gcn2': gcn2,
}


def build(record) -> torch.nn.Module:
    config = {**record['config'], **record['fitted']}
    make = blocks if config.get('model.block', 'none') == 'residual' else BUILDERS[config['model.kind']]
    return make(config, record['dataset']['features'], record['dataset']['classes']).eval()


def load(module: torch.nn.Module, path: Path) -> None:
    """By name, every name: only other names of a shared parameter and the counters of batches need not be there."""
    own = dict(named_state(module))
    rest = {name: value for name, value in module.state_dict().items() if name not in own}
    module.load_state_dict({**rest, **load_file(path)}, strict=True)


@torch.no_grad()
def logits(module: torch.nn.Module, record, path: Path) -> torch.Tensor:
    """Of every node, in float64: what is left is Edgewise's rounding."""
    x, edge_index, edge_weight = read_graph(path)
    x = x.double()
    if record['config']['data.normalizeFeatures']:
        length = x.abs().sum(1, keepdim=True)
        x = x / torch.where(length > 0, length, 1)
    module = module.double()
    if isinstance(module, models.MLP):
        return module(x)
    if edge_weight is None or not getattr(module, 'supports_edge_weight', True):
        return module(x, edge_index)
    return module(x, edge_index, edge_weight=edge_weight.double())


def compare(expected: torch.Tensor, path: Path) -> float:
    """The largest difference of a probability."""
    with path.open(newline='') as file:
        rows = list(csv.reader(file))[1:]
    predicted = torch.tensor([[float(p) for p in row[2:]] for row in rows], dtype=torch.float64)
    if predicted.shape != expected.shape:
        raise SystemExit(f'{path}: holds {list(predicted.shape)} probabilities, not {list(expected.shape)}.')
    return (predicted - expected.softmax(1)).abs().max().item()


def make(module: torch.nn.Module, run: Path, out: Path) -> None:
    """Random weights, constants disturbed (a bias of 0 would hide itself), beside the run.json of RUN."""
    with torch.no_grad():
        for _, value in named_state(module):
            if torch.all(value == value.flatten()[0]):
                value.add_(0.5 * torch.rand_like(value))
    out.mkdir(parents=True, exist_ok=True)
    with safe_open(run / 'weights.safetensors', 'pt') as file:
        metadata = file.metadata()
    save_file(dict(named_state(module)), out / 'weights.safetensors', metadata)
    shutil.copy(run / 'run.json', out / 'run.json')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('run', type=Path)
    parser.add_argument('--data', type=Path, required=True)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument('--predictions', type=Path, help='CSV that edgewise predict wrote')
    task.add_argument('--make', type=Path, help='folder for the same model with random weights')
    given = parser.parse_args()
    record = json.loads((given.run / 'run.json').read_text())
    torch.manual_seed(0)
    module = build(record)
    if given.make:
        make(module, given.run, given.make)
        save_file({'logits': logits(module, record, given.data).float()}, given.make / 'logits.safetensors')
        return
    load(module, given.run / 'weights.safetensors')
    distance = compare(logits(module, record, given.data), given.predictions)
    print(f'{record["config"]["model.kind"]}: probabilities differ by at most {distance:.1e}')
    if not distance <= TOLERANCE:
        raise SystemExit(f'more than {TOLERANCE}')


if __name__ == '__main__':
    main()
