"""
Takes a model of every kind to PyTorch Geometric and back (roundtrip.py), on the karate club and on the small package graph:

    npm run build && python scripts/pyg/check.py

Trains a few epochs on the CPU executor; ends with an error where a name, a shape or a prediction differs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EDGEWISE = ['node', str(ROOT / 'dist/edgewise.js')]
ROUNDTRIP = [sys.executable, str(ROOT / 'scripts/pyg/roundtrip.py')]
GRAPHS = {name: ROOT / f'datasets/{name}.safetensors.gz' for name in ('karate', 'debian-small')}

WIDE = ['model.hidden=16', 'training.epochs=4']
NORMED = ['model.norm=batch', 'model.jumpingKnowledge=cat', 'model.activation=elu', 'model.layers=3']
CASES = {
    **{kind: [f'model.kind={kind}'] for kind in ('gcn', 'sage', 'gin', 'gat', 'gatv2', 'appnp', 'sgc', 'mlp')},
    'gcn2': ['model.kind=gcn2', 'model.layers=4'],
    'sage, maximum': ['model.kind=sage', 'model.aggregation=max'],
    'gcn, normed': ['model.kind=gcn', *NORMED],
    'gatv2, normed': ['model.kind=gatv2', *NORMED],
    'gcn blocks': ['model.kind=gcn', 'model.block=residual', 'model.norm=layer', 'model.activation=gelu'],
    'sage blocks': ['model.kind=sage', 'model.block=residual', 'model.norm=layer', 'model.activation=gelu'],
}


def run(command, output=None):
    with open(output or os.devnull, 'w') as file:
        subprocess.run(command, check=True, stdout=file)


def there_and_back(settings, graph, path, folder):
    out, back = folder / 'run', folder / 'back'
    sets = [word for setting in [*WIDE, *settings] for word in ('--set', setting)]
    run([*EDGEWISE, 'train', '--data', graph, '--backend', 'cpu', '--out', str(out), *sets])
    for model in (out, back):
        if model == back:
            run([*ROUNDTRIP, str(out), '--data', str(path), '--make', str(back)])
        run([*EDGEWISE, 'predict', str(model), '--data', graph, '--backend', 'cpu'], folder / 'predictions.csv')
        subprocess.run(
            [*ROUNDTRIP, str(model), '--data', str(path), '--predictions', str(folder / 'predictions.csv')], check=True
        )


def main():
    for name, settings in CASES.items():
        for graph, path in GRAPHS.items():
            print(f'{name} on {graph}, there and back:', flush=True)
            with tempfile.TemporaryDirectory() as folder:
                there_and_back(settings, graph, path, Path(folder))


if __name__ == '__main__':
    main()
