"""The reference of what surrounds a model: losses, optimisers, schedules, metrics."""

import json
from pathlib import Path

import sklearn
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, roc_auc_score
from torch.optim import lr_scheduler

from file import write

NODES, CLASSES = 23, 5


def write_losses(folder: Path) -> None:
    """Mean over the masked nodes; with class weights, the weighted sum over the sum of the weights."""
    random = torch.Generator().manual_seed(2)
    logits = 2 * torch.randn(NODES, CLASSES, generator=random)
    labels = torch.randint(CLASSES, (NODES,), generator=random)
    many = torch.rand(NODES, CLASSES, generator=random) < 0.4
    mask = torch.rand(NODES, generator=random) < 0.6
    weight = 0.2 + 3 * torch.rand(CLASSES, generator=random)
    losses = {
        'cross_entropy': (labels, {}),
        'cross_entropy_class_weights': (labels, {'weight': weight}),
        'binary_cross_entropy': (many, {}),
        'binary_cross_entropy_pos_weight': (many, {'pos_weight': weight}),
    }
    for name, (target, options) in losses.items():
        exact = logits.double().requires_grad_()
        function = F.cross_entropy if target is labels else F.binary_cross_entropy_with_logits
        wanted = target if target is labels else target.double()
        out = function(exact[mask], wanted[mask], **{key: value.double() for key, value in options.items()})
        out.backward()
        tensors = {'logits': logits, 'target': target, 'mask': mask, **options, 'out': out, 'grad/logits': exact.grad}
        case = f'loss_{name}'
        write(folder / f'{case}.safetensors', case, tensors, {'class': f'torch.nn.functional.{function.__name__}'})


def write_optimisers(folder: Path) -> None:
    """Three steps with given gradients; `norm` is that of both together before clipping."""
    random = torch.Generator().manual_seed(3)
    start = {'weight': torch.randn(4, 3, generator=random), 'bias': torch.randn(4, generator=random)}
    # The first and last gradients are long enough to be clipped to 1, the second is not.
    scale = torch.tensor([1.0, 0.1, 0.7])
    given = {
        name: scale.view(3, *[1] * value.dim()) * torch.randn(3, *value.shape, generator=random)
        for name, value in start.items()
    }
    optimisers = {
        'sgd': (torch.optim.SGD, {'lr': 0.1, 'momentum': 0.9, 'weight_decay': 0.05}),
        'adam': (torch.optim.Adam, {'lr': 0.1, 'weight_decay': 0.05}),
        'adamw': (torch.optim.AdamW, {'lr': 0.1, 'weight_decay': 0.05}),
    }
    for name, (build, arguments) in optimisers.items():
        for clip in (None, 1.0):
            parameters = {key: torch.nn.Parameter(value.double()) for key, value in start.items()}
            optimiser = build(parameters.values(), **arguments)
            norms, after = [], {key: [] for key in start}
            for step in range(3):
                for key, parameter in parameters.items():
                    parameter.grad = given[key][step].double()
                limit = float('inf') if clip is None else clip
                norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), limit))
                optimiser.step()
                for key, parameter in parameters.items():
                    after[key].append(parameter.detach().clone())
            tensors = {
                **start,
                'norm': torch.stack(norms),
                **{f'grad/{key}': value for key, value in given.items()},
                **{f'after/{key}': torch.stack(values) for key, values in after.items()},
            }
            case = f'optimiser_{name}' + ('' if clip is None else '_clipped')
            metadata = {
                'class': f'torch.optim.{build.__name__}',
                'arguments': json.dumps(arguments),
                'clip': json.dumps(clip),
            }
            write(folder / f'{case}.safetensors', case, tensors, metadata)


def write_schedules(folder: Path) -> None:
    """The rate of each of 20 epochs, from 0.1. Warm-up of n epochs: (epoch + 1) / (n + 1), epochs counted from 0."""
    warm_up = {'start_factor': 1 / 6, 'total_iters': 5}
    schedules = {
        'step': (lr_scheduler.StepLR, {'step_size': 6, 'gamma': 0.5}),
        'cosine': (lr_scheduler.CosineAnnealingLR, {'T_max': 20}),
        'cosine_floor': (lr_scheduler.CosineAnnealingLR, {'T_max': 20, 'eta_min': 0.01}),
        'warm_up': (lr_scheduler.LinearLR, warm_up),
        'warm_up_cosine': (warm_up_cosine, {**warm_up, 'T_max': 15}),
    }
    for name, (build, arguments) in schedules.items():
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule = build(optimiser, **arguments)
        rates = []
        for _ in range(20):
            rates.append(optimiser.param_groups[0]['lr'])
            optimiser.step()
            schedule.step()
        case = f'schedule_{name}'
        metadata = {
            'class': f'torch.optim.lr_scheduler.{type(schedule).__name__}',
            'arguments': json.dumps({'lr': 0.1, **arguments}),
        }
        write(folder / f'{case}.safetensors', case, {'out': torch.tensor(rates, dtype=torch.float64)}, metadata)


def warm_up_cosine(optimiser, start_factor, total_iters, T_max):
    first = lr_scheduler.LinearLR(optimiser, start_factor=start_factor, total_iters=total_iters)
    then = lr_scheduler.CosineAnnealingLR(optimiser, T_max)
    return lr_scheduler.SequentialLR(optimiser, [first, then], milestones=[total_iters])


def write_metrics(folder: Path) -> None:
    """
    By scikit-learn. Class 3 is never predicted (its F1 is 0), scores have ties, rows of the confusion matrix are true
    classes.
    """
    random = torch.Generator().manual_seed(5)
    labels = torch.randint(CLASSES, (60,), generator=random)
    guesses = torch.randint(CLASSES, (60,), generator=random)
    guesses[guesses == 3] = 0
    predicted = torch.where((torch.rand(60, generator=random) < 0.6) & (labels != 3), labels, guesses)
    several = {
        'accuracy': accuracy_score(labels, predicted),
        'confusion': confusion_matrix(labels, predicted, labels=range(CLASSES)),
        **f1_scores(labels, predicted),
    }
    save_metrics(folder, 'metrics_classes', {'labels': labels, 'predicted': predicted}, several)

    two = torch.randint(2, (60,), generator=random)
    scores = ((torch.rand(60, generator=random) + 0.4 * two) * 16).round() / 16
    save_metrics(folder, 'metrics_roc_auc', {'labels': two, 'scores': scores}, {'roc_auc': roc_auc_score(two, scores)})

    many = torch.rand(60, 4, generator=random) < 0.4
    ranked = ((torch.rand(60, 4, generator=random) + 0.4 * many) * 16).round() / 16
    chosen = ranked > 0.7
    each = {'roc_auc_macro': roc_auc_score(many, ranked), **f1_scores(many, chosen)}
    save_metrics(folder, 'metrics_labels', {'labels': many, 'predicted': chosen, 'scores': ranked}, each)


def f1_scores(labels, predicted):
    return {
        f'f1_{how}': f1_score(labels, predicted, average=how, zero_division=0) for how in ('macro', 'micro', 'weighted')
    }


def save_metrics(folder: Path, case: str, given: dict, results: dict) -> None:
    metadata = {'class': 'sklearn.metrics', 'sklearn': sklearn.__version__}
    tensors = {**given, **{name: torch.as_tensor(value) for name, value in results.items()}}
    write(folder / f'{case}.safetensors', case, tensors, metadata)
