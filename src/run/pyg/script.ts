import { formatValue } from '../../config/describe.ts';
import { InputError } from '../../config/errors.ts';
import { dataBlocks, dropLines, normalisedLines } from './data.ts';
import { differences } from './differences.ts';
import { epochLines, evaluateBlocks, evaluationData } from './evaluation.ts';
import { modelBlocks } from './model.ts';
import { constantLines, importBlocks } from './names.ts';
import { optimizerBlocks } from './optimizer.ts';
import { fileNames, PUBLIC, type PygRun, samples, stemOf, usesDegrees } from './source.ts';
import { dropsEdges, trainBlocks } from './training.ts';

/**
 * A run as a script for PyTorch Geometric: the same model, data, sampling and hyperparameters, and only what this run uses. It is what
 * somebody who knows PyTorch Geometric would have written, with its own layers. Random numbers are other ones, so the two agree
 * as two seeds do, and not to the bit. Written for PyTorch Geometric 2.8.
 * @throws InputError where no run could be so
 */
export function pygScript(run: PygRun): string {
  check(run);
  const { definitions, training } = pygParts(run);
  return `${definitions}${training}`;
}

/** What a run would refuse too, as far as it shows without the graph. */
function check({ config, dataset, source }: PygRun): void {
  if ('public' in source && !PUBLIC[source.public].splits && config['data.split'] > 0) {
    throw new InputError(`data.split cannot be ${config['data.split']}: ${source.public} has one split, number 0.`);
  }
  if (config['task.metric'] === 'rocAuc' && dataset.classes !== 2 && !dataset.multiLabel) {
    throw new InputError(`task.metric cannot be rocAuc: ${dataset.name} has ${dataset.classes} classes, not two.`);
  }
}

/** The script in two: data and model, and what trains it. */
export function pygParts(run: PygRun): { readonly definitions: string; readonly training: string } {
  const { config } = run;
  const definitions = [
    SEEDED,
    ...dataBlocks(run),
    ...modelBlocks(run),
    ...(dropsEdges(config) ? [dropLines(run)] : []),
    ...(usesDegrees(config) && samples(config) ? [normalisedLines(run)] : []),
  ];
  const training = [
    ...optimizerBlocks(run),
    ...(samples(config) ? [evaluationData(run)] : []),
    ...trainBlocks(run),
    ...evaluateBlocks(run),
    epochLines(run),
  ];
  const lines = [...definitions, ...training].flat();
  const head = [docstring(run), ...importBlocks(lines), constantLines(run, lines)];
  return {
    definitions: layOut([...head, ...definitions, []]),
    training: layOut(training),
  };
}

const SEEDED = ['torch.manual_seed(SEED)', "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')"];

/** Blocks with the empty lines between them that PEP 8 asks for. */
function layOut(blocks: readonly (readonly string[])[]): string {
  const defines = (block: readonly string[]) => block.length === 0 || /^(def|class|@)/.test(block[0]);
  return blocks
    .map((block, i) => {
      const next = blocks[i + 1];
      const gap = next ? (defines(block) || defines(next) ? 2 : 1) : 0;
      return block.map((line) => `${line}\n`).join('') + '\n'.repeat(gap);
    })
    .join('');
}

/** Titles of the models, for the first line. */
const TITLES: Readonly<Record<PygRun['config']['model.kind'], string>> = {
  gcn: 'GCN',
  sage: 'GraphSAGE',
  gin: 'GIN',
  gat: 'GAT',
  gatv2: 'GATv2',
  appnp: 'APPNP',
  sgc: 'SGC',
  gcn2: 'GCNII',
  mlp: 'A perceptron without the graph',
};

function docstring(run: PygRun): string[] {
  const { config, dataset, source } = run;
  const name = 'public' in source ? source.public : stemOf(dataset);
  const changed = run.events.map(({ step, key, value }) => `${key} = ${formatValue(key, value)} after step ${step}`);
  const paragraphs = [
    `${TITLES[config['model.kind']]} on ${name}: a run of Edgewise in PyTorch Geometric.`,
    '',
    `Needs torch and torch_geometric${samples(config) ? ', and pyg-lib or torch-sparse for NeighborLoader' : ''}.` +
      ('public' in source ? '' : ` Reads ${fileNames(dataset, config).graph} beside it.`),
    'Random numbers are other ones than in Edgewise, so this is another seed of the same experiment: compare means over several seeds.',
    'Half precision, recomputation and memory budgets have no counterpart: they change how Edgewise computes, not what.',
    ...differences(run),
    ...(changed.length > 0 ? [`Changed by hand in that run, and not here: ${changed.join('; ')}.`] : []),
  ];
  return ['"""', ...paragraphs.flatMap(wrap), '"""'];
}

const WIDTH = 100;

/** Breaks a line between words. */
function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
