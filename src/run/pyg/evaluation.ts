import type { Config } from '../../config/schema.ts';
import { movesRate } from './optimizer.ts';
import { hasSeveralLabels, modelArguments, type PygRun, samples } from './source.ts';
import { indent, lossOf, movesFanOut } from './training.ts';

/** Python lines that judge the model after each epoch and keep the best. */

/** A function of logits and labels, as task/metrics.ts has it. */
interface Metric {
  /** Of the function in Python. */
  readonly name: string;
  readonly words: string;
  /** Where nodes have one class. */
  readonly one: readonly string[];
  /** Where each class is a decision of its own, taken where its logit is over 0. */
  readonly several: readonly string[];
}

const ONE_F1 = [
  'guess = out.argmax(1)',
  'right, count, guessed = (torch.bincount(of, minlength=CLASSES) for of in (y[guess == y], y, guess))',
  'f1 = 2 * right / (count + guessed).clamp(min=1)',
];
const SEVERAL_F1 = [
  'guess = (out > 0).float()',
  'right, count, guessed = (of.sum(0) for of in (guess * y, y, guess))',
  'f1 = 2 * right / (count + guessed).clamp(min=1)',
];

/** With one class per node the micro F1 is the accuracy; with several there is no other accuracy. */
const MICRO = {
  one: ['return (out.argmax(1) == y).float().mean().item()'],
  several: [...SEVERAL_F1.slice(0, 2), 'return (2 * right.sum() / (count + guessed).sum()).item()'],
};

/** The share of (positive, negative) pairs that a score orders rightly. */
const pairs = (score: string, positive: string) => [
  `positive, negative = ${score}[${positive}], ${score}[~${positive}].sort().values`,
  'below = torch.searchsorted(negative, positive)',
  'upto = torch.searchsorted(negative, positive, right=True)',
  'area = (below + upto).double().mean().item() / (2 * len(negative))  # ties count half',
];

const METRICS: Readonly<Record<Config['task.metric'], Metric>> = {
  accuracy: { name: 'accuracy', words: 'accuracy', ...MICRO },
  microF1: { name: 'micro_f1', words: 'micro F1', ...MICRO },
  macroF1: {
    name: 'macro_f1',
    words: 'macro F1',
    one: [...ONE_F1, 'return f1[count + guessed > 0].mean().item()  # over the classes that occur'],
    several: [...SEVERAL_F1, 'return f1.mean().item()'],
  },
  weightedF1: {
    name: 'weighted_f1',
    words: 'weighted F1',
    one: [...ONE_F1, 'return (f1 * count).sum().item() / len(y)'],
    several: [...SEVERAL_F1, 'return (f1 * count).sum().item() / count.sum().item()'],
  },
  rocAuc: {
    name: 'roc_auc',
    words: 'ROC-AUC',
    one: ['score, has = out[:, 1] - out[:, 0], y == 1', ...pairs('score', 'has'), 'return area'],
    several: [
      'areas = []',
      'for score, has in zip(out.T.contiguous(), y.T == 1):',
      '    if has.any() and not has.all():',
      ...indent(indent([...pairs('score', 'has'), 'areas.append(area)'])),
      "return sum(areas) / len(areas) if areas else float('nan')",
    ],
  },
};

function metricOf(run: PygRun): Metric {
  const asked = run.config['task.metric'];
  return METRICS[asked === 'accuracy' && hasSeveralLabels(run) ? 'microF1' : asked];
}

/** The metric, and `evaluate()`: the loss of the validation nodes, and the metric there and on the test nodes. */
export function evaluateBlocks(run: PygRun): string[][] {
  const { config } = run;
  const { name, words, one, several } = metricOf(run);
  const whole = samples(config) ? 'whole' : 'data';
  const predicted =
    config['evaluation.strategy'] === 'neighbor'
      ? [
          'out, y = torch.zeros(data.num_nodes, CLASSES, device=device), data.y.to(device)',
          'for batch in evaluation_loader:',
          '    batch = batch.to(device)',
          '    seeds = batch.n_id[:batch.batch_size]',
          `    out[seeds] = model(${modelArguments(run, 'batch')})[:batch.batch_size]`,
        ]
      : [`out, y = model(${modelArguments(run, whole)}), ${whole}.y`];
  return [
    [`def ${name}(out, y):`, ...indent(hasSeveralLabels(run) ? several : one)],
    [
      '@torch.no_grad()',
      'def evaluate():',
      ...indent([
        `"""Loss and ${words} of the validation nodes, ${words} of the test nodes."""`,
        'model.eval()',
        ...predicted,
        `loss = ${lossOf(run, 'out[val_mask]', 'y[val_mask]')}.item()`,
        `return loss, ${name}(out[val_mask], y[val_mask]), ${name}(out[test_mask], y[test_mask])`,
      ]),
    ],
  ];
}

/** What training or evaluation on the whole graph, and evaluation in batches, read of a graph that stays in main memory. */
export function evaluationData({ config }: PygRun): string[] {
  if (!samples(config)) return [];
  const inBatches = config['evaluation.strategy'] === 'neighbor';
  return [
    ...(config['sampling.strategy'] === 'full' || !inBatches ? ['whole = copy.copy(data).to(device)'] : []),
    ...(inBatches
      ? [
          'evaluation_loader = NeighborLoader(',
          '    data, EVALUATION_FAN_OUT, input_nodes=val_mask | test_mask, batch_size=EVALUATION_BATCH_SIZE',
          ')',
        ]
      : []),
  ];
}

/** The epochs, the first of the best of which is kept (train/selection.ts). */
export function epochLines(run: PygRun): string[] {
  const { config } = run;
  const byLoss = config['training.select'] === 'valLoss';
  const [figure, better] = byLoss ? ['val_loss', 'val_loss >= best'] : ['val', 'val <= best'];
  return [
    'best = None',
    'for epoch in range(1, EPOCHS + 1):',
    ...indent([
      `loss = train(${movesFanOut(config) ? 'epoch' : ''})`,
      ...(movesRate(config) ? ['scheduler.step()'] : []),
      'val_loss, val, test = evaluate()',
      `if best is None or not ${better}:  # without validation nodes it is NaN: then the last epoch is the best`,
      `    best, best_epoch, best_test = ${figure}, epoch, test`,
      '    weights = copy.deepcopy(model.state_dict())',
      'if epoch % 10 == 0:',
      "    print(f'epoch {epoch}: loss {loss:.4f}, validation {val:.4f}, test {test:.4f}')",
      ...(config['training.patience'] > 0 ? ['if epoch - best_epoch >= PATIENCE:', '    break'] : []),
    ]),
    'model.load_state_dict(weights)',
    `print(f'best epoch {best_epoch}: test ${metricOf(run).words} {best_test:.4f}')`,
  ];
}
