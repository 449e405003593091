"""
Runs scripts that Edgewise wrote (src/run/pyg), for src/train/pygScript.test.ts: those of a JSON file, beside which their graphs are.
Prints what came of each, and what this Python lacks.

A case: `definitions` and `training`, the two parts of a script; `weights` by the name of the parameter, those that a run of Edgewise
begins with; `arguments` of the model; `samples`, whether it needs a sampler; `several`, whether nodes have several labels.
"""

import json
import sys
from pathlib import Path


def missing():
    try:
        import torch
        import torch_geometric
        from torch_geometric import typing as installed
    except ImportError as error:
        return {'torch_geometric': str(error)}
    torch.set_num_threads(1)
    samplers = installed.WITH_PYG_LIB or installed.WITH_TORCH_SPARSE
    return {} if samplers else {'sampler': 'neither pyg-lib nor torch-sparse is installed'}


def named_state(model):
    """Parameters and running statistics, shared ones once."""
    yield from model.named_parameters()
    yield from ((name, value) for name, value in model.named_buffers() if 'running' in name)


def run(case, folder):
    import torch

    # Every epoch, with all digits.
    training = case['training'].replace('epoch % 10 == 0', 'True').replace('.4f', '.9g')
    training = training.replace('model = Net().to(device)\n', 'model = load(Net().to(device))\n')
    start = {}

    def load(model):
        own = dict(named_state(model))
        if own.keys() != case['weights'].keys():
            raise ValueError(f'the script has {sorted(own)}, Edgewise {sorted(case["weights"])}')
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(torch.tensor(case['weights'][name]).view(value.shape))
            model.eval()
            out = model(*eval(f'({case["arguments"]},)', namespace))
            start['probabilities'] = (out.sigmoid() if case['several'] else out.softmax(1)).flatten().tolist()
        # Weights were read after an epoch at a rate of 0, which moved these alone.
        for module in model.modules():
            if hasattr(module, 'reset_running_stats'):
                module.reset_running_stats()
        return model

    printed = []
    namespace = {'__file__': str(folder / 'script.py'), 'load': load, 'print': printed.append}
    exec(compile(case['definitions'], 'definitions', 'exec'), namespace)
    exec(compile(training, 'training', 'exec'), namespace)
    return {**start, 'printed': printed}


def main():
    path = Path(sys.argv[1])
    lacks = missing()
    results = []
    for case in [] if 'torch_geometric' in lacks else json.loads(path.read_text()):
        if case['samples'] and 'sampler' in lacks:
            results.append(None)
            continue
        try:
            results.append(run(case, path.parent))
        except Exception as error:
            results.append({'error': f'{type(error).__name__}: {error}'})
    print(json.dumps({'missing': lacks, 'results': results}))


if __name__ == '__main__':
    main()
