import { basename, dirname, join } from 'node:path';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { writeNpz } from '../formats/npzWriter.ts';
import { planetoidParts } from '../formats/open.ts';
import { npzLayout } from '../graph/npzLayout.ts';
import { pygScript } from '../run/pyg/script.ts';
import { fileNames, publicSource } from '../run/pyg/source.ts';
import type { DatasetInfo, RunEvent } from '../run/record.ts';
import { inMemory } from '../store/storedGraph.ts';
import { checkTrainable } from '../train/check.ts';
import { decideEvaluation } from '../train/evaluationCost.ts';
import type { Invocation } from './args.ts';
import { checkChoices, type DataSource, findData, openData, statOf } from './data.ts';
import { say, warn } from './output.ts';
import { forGraph, type Prepared, prepare } from './prepare.ts';
import { readRecord, writeWhole } from './saved.ts';

/** `edgewise export [RUN] --pyg`: the script on standard output or in a file, and beside the file a graph that it reads. */
export async function exportRun(invocation: Invocation): Promise<void> {
  if (!invocation.pyg) throw new InputError('export: say as what: --pyg writes a script for PyTorch Geometric.');
  const run = asked(invocation);
  const { config, source, events } = run;
  const { out } = invocation;
  checkChoices(source, invocation.read);
  const known = source.kind === 'catalogue' ? publicSource(source.entry.id) : null;
  if (source.kind === 'catalogue' && known && config['evaluation.strategy'] !== 'auto') {
    const { id: name, nodes, edges, features, classes } = source.entry;
    const dataset = { name, nodes, edges, features, classes, fingerprint: '' };
    checkSame(run, dataset);
    return write(pygScript({ config, events, source: known, dataset }), out);
  }
  const { graph: opened, dataset } = await openData(source, { ...config, 'memory.store': 'memory' }, invocation.read);
  checkSame(run, dataset);
  const graph = inMemory(opened);
  const own = run.prepared ? forGraph(run.prepared, graph).config : config;
  checkTrainable(graph, own);
  const decided = decideEvaluation(graph, own, false);
  const script = pygScript({ config: decided, events, source: known ?? { file: npzLayout(graph) }, dataset });
  if (out !== undefined) checkSpared(out, source);
  if (!known) {
    const file = fileNames(dataset, config).graph;
    if (out === undefined) warn(`the script reads ${file}: --out FILE writes it beside the script.`);
    else {
      const path = join(dirname(out), file);
      checkSpared(path, source);
      writeFile(path, writeNpz(graph));
    }
  }
  write(script, out);
}

interface Asked {
  readonly config: Config;
  readonly source: DataSource;
  /** Whether --data names the graph. */
  readonly named: boolean;
  /** The graph of a kept run. */
  readonly trained: DatasetInfo | null;
  readonly events: readonly RunEvent[];
  /** Where no run is named. */
  readonly prepared?: Prepared;
}

function asked(invocation: Invocation): Asked {
  const [path] = invocation.positionals;
  if (path === undefined) {
    const prepared = prepare(invocation);
    const { config, source } = prepared;
    return { config, source, prepared, named: true, trained: null, events: [] };
  }
  const { preset, config: file, set, seed, split } = invocation;
  if (preset !== undefined || file !== undefined || set.length > 0 || seed !== undefined || split !== undefined) {
    throw new InputError(
      'export: a kept run has its own configuration; leave out --preset, --config, --set, --seed and --split.',
    );
  }
  const { config, fitted, dataset, events } = readRecord(path);
  return {
    config: { ...config, ...fitted },
    source: findData(invocation.data ?? dataset.name),
    named: invocation.data !== undefined,
    trained: dataset,
    events,
  };
}

const SIZES = ['nodes', 'edges', 'features', 'classes'] as const;

/** Whether a kept run is of this graph, by its fingerprint where that is known: a graph found by its name alone may be another. */
function checkSame({ trained, named }: Asked, found: DatasetInfo): void {
  const differs =
    trained !== null &&
    (SIZES.some((size) => trained[size] !== found[size]) ||
      (found.fingerprint !== '' && trained.fingerprint !== found.fingerprint));
  if (!differs) return;
  if (!named) {
    throw new InputError(
      `export: ${found.name} is not the graph of this run, which has the same name: name its file or folder with --data.`,
    );
  }
  warn(`${found.name} is not the graph of this run (${trained.name}); the script is of this one.`);
}

/** Nothing is replaced that the graph is read from; what lies beside the files of a Planetoid set is not read. */
function checkSpared(target: string, source: DataSource): void {
  if (source.kind !== 'path') return;
  const files = source.files.map((path) => ({ path, name: basename(path) }));
  const parts = planetoidParts(files);
  const there = statOf(target);
  const same = (parts.length > 0 ? parts : files).some(({ path }) => {
    const file = statOf(path);
    return there !== null && file?.dev === there.dev && file.ino === there.ino;
  });
  if (!same) return;
  throw new InputError(`--out: would replace ${target}, which the graph is read from; name a file in another folder.`);
}

function write(script: string, out: string | undefined): void {
  if (out === undefined) say(script.trimEnd());
  else writeFile(out, script);
}

function writeFile(path: string, content: string | Uint8Array): void {
  try {
    writeWhole(path, content);
  } catch (error) {
    throw new InputError(
      `--out ${path}: cannot be written (${(error as NodeJS.ErrnoException).code}); name a file that can.`,
    );
  }
}
