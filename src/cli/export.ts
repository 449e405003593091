import { dirname, join } from 'node:path';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { writeNpz } from '../formats/npzWriter.ts';
import { npzLayout } from '../graph/npzLayout.ts';
import { pygScript } from '../run/pyg/script.ts';
import { fileNames, type PygRun, publicSource } from '../run/pyg/source.ts';
import type { DatasetInfo, RunEvent } from '../run/record.ts';
import { inMemory } from '../store/storedGraph.ts';
import { checkTrainable } from '../train/check.ts';
import type { Invocation } from './args.ts';
import { checkChoices, type DataSource, findData, openData } from './data.ts';
import { say, warn } from './output.ts';
import { prepare } from './prepare.ts';
import { readRecord, writeWhole } from './saved.ts';

/** `edgewise export [RUN] --pyg`: the script on standard output or in a file, and beside the file a graph that it reads. */
export async function exportRun(invocation: Invocation): Promise<void> {
  if (!invocation.pyg) throw new InputError('export: say as what: --pyg writes a script for PyTorch Geometric.');
  const { config, source, dataset, events } = asked(invocation);
  const { out } = invocation;
  checkChoices(source, invocation.read);
  if (source.kind === 'catalogue') {
    const { id: name, nodes, edges, features, classes } = source.entry;
    const known = publicSource(name);
    const info = { name, nodes, edges, features, classes, fingerprint: dataset?.fingerprint ?? '' };
    if (known) return write(pygScript({ config, events, source: known, dataset: info }), out);
  }
  const opened = await openData(source, { ...config, 'memory.store': 'memory' }, invocation.read);
  const graph = inMemory(opened.graph);
  checkTrainable(graph, config);
  if (dataset && dataset.fingerprint !== opened.dataset.fingerprint) {
    warn(`${graph.name} is not the graph of this run (${dataset.name}); the script is of this one.`);
  }
  const run: PygRun = { config, events, source: { file: npzLayout(graph) }, dataset: opened.dataset };
  const script = pygScript(run);
  const file = fileNames(run.dataset, config).graph;
  if (out === undefined) warn(`the script reads ${file}: --out FILE writes it beside the script.`);
  else writeFile(join(dirname(out), file), writeNpz(graph));
  write(script, out);
}

interface Asked {
  readonly config: Config;
  readonly source: DataSource;
  /** Of a kept run. */
  readonly dataset: DatasetInfo | null;
  readonly events: readonly RunEvent[];
}

function asked(invocation: Invocation): Asked {
  const [path] = invocation.positionals;
  if (path === undefined) return { ...prepare(invocation), dataset: null, events: [] };
  const { preset, config: file, set, seed, split } = invocation;
  if (preset !== undefined || file !== undefined || set.length > 0 || seed !== undefined || split !== undefined) {
    throw new InputError(
      'export: a kept run has its own configuration; leave out --preset, --config, --set, --seed and --split.',
    );
  }
  const { config, fitted, dataset, events } = readRecord(path);
  return { config: { ...config, ...fitted }, dataset, events, source: findData(invocation.data ?? dataset.name) };
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
