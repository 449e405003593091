import type { Config } from '../../config/schema.ts';
import { readsWeights } from './data.ts';
import { hasSeveralLabels, hopsOf, modelArguments, type PygRun, samples } from './source.ts';

/** Python lines of `train()`: one epoch, which returns its mean loss. */

export const indent = (lines: readonly string[]) => lines.map((line) => `    ${line}`);

/** A call of the loss with these logits and labels. */
export function lossOf(run: PygRun, out: string, y: string, more = ''): string {
  const name = hasSeveralLabels(run) ? 'binary_cross_entropy_with_logits' : 'cross_entropy';
  const weights = run.config['task.classWeights'] === 'balanced' ? ', weight=class_weight' : '';
  return `F.${name}(${out}, ${y}${weights}${more})`;
}

const stepLines = (config: Config) => [
  ...(config['training.clip'] > 0 ? ['torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)'] : []),
  'optimizer.step()',
];

/** What the model is called with on `of`, and the line before it. */
function forward(run: PygRun, of: string): { readonly before: string[]; readonly out: string } {
  const { config } = run;
  const byWeight =
    config['sampling.strategy'] === 'neighbor' && config['sampling.bias'] === 'weight' && readsWeights(run);
  const how = byWeight ? ', drawn_by_weight=True' : '';
  if (!dropsEdges(config)) return { before: [], out: `model(${modelArguments(run, of, how)})` };
  return { before: [`part = drop_edges(${of})`], out: `model(${modelArguments(run, 'part', how)})` };
}

export function dropsEdges(config: Config): boolean {
  return config['model.dropEdge'] > 0 && hopsOf(config) > 0;
}

export function trainBlocks(run: PygRun): string[][] {
  return run.config['sampling.strategy'] === 'full' ? [trainWhole(run)] : [loaderLines(run), trainBatches(run)];
}

function trainWhole(run: PygRun): string[] {
  const { config } = run;
  const of = samples(config) ? 'whole' : 'data';
  const { before, out } = forward(run, of);
  return [
    'def train():',
    ...indent([
      'model.train()',
      'optimizer.zero_grad()',
      ...before,
      `out = ${out}`,
      `loss = ${lossOf(run, 'out[train_mask]', `${of}.y[train_mask]`)}`,
      'loss.backward()',
      ...stepLines(config),
      'return loss.item()',
    ]),
  ];
}

function trainBatches(run: PygRun): string[] {
  const { config } = run;
  const { before, out } = forward(run, 'batch');
  const balanced = config['task.classWeights'] === 'balanced';
  const size = balanced ? 'class_weight[y].sum().item()' : hasSeveralLabels(run) ? 'y.numel()' : 'len(y)';
  const many = config['training.accumulate'] > 1;
  const loss = [
    'batch = batch.to(device)',
    ...before,
    `out = ${out}[:batch.batch_size]`,
    'y = batch.y[:batch.batch_size]',
    `loss = ${lossOf(run, 'out', 'y', many ? ", reduction='sum'" : '')}`,
  ];
  const one = [
    ...loss,
    'optimizer.zero_grad()',
    'loss.backward()',
    ...stepLines(config),
    `total += loss.item() * ${size}`,
    `seen += ${size}`,
  ];
  const several = [
    ...loss,
    'loss.backward()',
    'total += loss.item()',
    `seen += ${size}`,
    `summed += ${size}`,
    'if number % ACCUMULATE == 0 or number == len(loader):',
    ...indent([
      'for p in model.parameters():',
      '    p.grad /= summed  # the mean over the batches of this step',
      ...stepLines(config),
      'optimizer.zero_grad()',
      'summed = 0',
    ]),
  ];
  const moves = movesFanOut(config);
  return [
    `def train(${moves ? 'epoch' : ''}):`,
    ...indent([
      'model.train()',
      ...(moves ? ['loader = loader_of(epoch)'] : []),
      `total = seen = ${many ? 'summed = ' : ''}0`,
      ...(many ? ['optimizer.zero_grad()'] : []),
      many ? 'for number, batch in enumerate(loader, 1):' : 'for batch in loader:',
      ...indent(many ? several : one),
      'return total / seen',
    ]),
  ];
}

export function movesFanOut(config: Config): boolean {
  return config['sampling.strategy'] === 'neighbor' && config['sampling.fanOutEnd'].length > 0 && hopsOf(config) > 0;
}

function loaderLines(run: PygRun): string[] {
  const { config } = run;
  const made = (fanOut: string) => [
    'NeighborLoader(',
    `    data, ${fanOut}, input_nodes=train_mask, batch_size=BATCH_SIZE, shuffle=True${config['sampling.replace'] ? ', replace=True' : ''}${
      config['sampling.bias'] === 'weight' && readsWeights(run) ? ", weight_attr='edge_weight'" : ''
    }`,
    ')',
  ];
  const [first, ...rest] = made(movesFanOut(config) ? 'fan_out' : 'FAN_OUT');
  if (!movesFanOut(config)) return [`loader = ${first}`, ...rest];
  return [
    'def loader_of(epoch):',
    ...indent([
      '"""The fan-out moves on a straight line from the first epoch to the last."""',
      'way = (epoch - 1) / max(1, EPOCHS - 1)',
      'ends = zip(FAN_OUT, FAN_OUT_END)',
      'fan_out = [n if n < 0 else math.floor(n + way * (end - n) + 0.5) for n, end in ends]',
      `return ${first}`,
      ...rest,
    ]),
  ];
}
