import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readNpz } from '../formats/npz.ts';
import { decodeRecord, encodeRecord } from '../run/codec.ts';
import type { DatasetInfo } from '../run/record.ts';
import { type Binary, buildBinary } from './testBinary.ts';

/** A ring of 30 nodes in three arcs, one class each. */
const NODES = 30;
const EDGES = Array.from({ length: NODES }, (_, i) => `${i},${(i + 1) % NODES}`);
const TABLE = Array.from({ length: NODES }, (_, i) => `${i},class ${Math.floor(i / 10)},${i % 7},${(i * 3) % 5}`);
const CORA = { nodes: 2708, edges: 5278, features: 1433, classes: 7 };

let binary: Binary;

beforeAll(async () => {
  binary = await buildBinary([
    { id: 'ring', title: 'A ring', kind: 'embedded', files: [{ path: 'edges.csv' }, { path: 'nodes.csv' }] },
    { id: 'cora', title: 'Cora', kind: 'public', ...CORA, files: [] },
  ]);
  const write = (name: string, lines: string[]) =>
    writeFileSync(join(binary.folder, 'datasets', name), lines.join('\n'));
  write('edges.csv', ['source,target', ...EDGES]);
  write('nodes.csv', ['id,label,a,b', ...TABLE]);
});

afterAll(() => binary?.remove());

/** Holds that a script was refused in one sentence that says `said`. */
async function expectRefused(args: readonly string[], said: string): Promise<void> {
  const outcome = await binary.run(args);
  expect(outcome).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^edgewise: [^\n]+\n$/) });
  expect(outcome.stderr).toContain(said);
}

it('writes a run as a script for PyTorch Geometric, and the graph that it reads', async () => {
  const out = join(binary.folder, 'ring.py');
  const asked = ['export', '--data', 'ring', '--set', 'model.kind=sage', '--set', 'model.hidden=24', '--pyg'];
  expect(await binary.run([...asked, '--out', out])).toEqual({ status: 0, stdout: '', stderr: '' });
  const script = readFileSync(out, 'utf8');
  expect(script).toContain('HIDDEN = 24');
  expect(script).toContain("with_name('ring-pyg.npz')");
  const graph = readNpz(readFileSync(join(binary.folder, 'ring-pyg.npz')), 'ring-pyg.npz');
  expect(graph).toMatchObject({ nodes: NODES, notes: [] });
  expect(graph.source).toHaveLength(2 * NODES);
  const printed = await binary.run(asked);
  expect(printed).toMatchObject({ status: 0, stdout: script });
  expect(printed.stderr).toContain('--out FILE writes it');
});

it('writes beside the file of a graph, and never over it', async () => {
  const folder = join(binary.folder, 'own');
  const [script, own] = [join(folder, 'script.py'), join(folder, 'own.npz')];
  mkdirSync(folder);
  expect(await binary.run(['export', '--data', 'ring', '--pyg', '--out', script])).toMatchObject({ status: 0 });
  renameSync(join(folder, 'ring-pyg.npz'), own);
  const bytes = readFileSync(own);
  const asked = ['export', '--data', own, '--pyg', '--out'];
  expect(await binary.run([...asked, script])).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(folder).sort()).toEqual(['own-pyg.npz', 'own.npz', 'script.py']);
  await expectRefused([...asked, `${folder}/../own/own.npz`], 'which the graph is read from');
  rmSync(join(folder, 'own-pyg.npz'));
  symlinkSync(own, join(folder, 'own-pyg.npz'));
  await expectRefused([...asked, script], 'own-pyg.npz, which the graph is read from');
  expect(readFileSync(own)).toEqual(bytes);
});

it('replaces no file of a folder that the graph is read from', async () => {
  const nodes = join(binary.folder, 'several', 'nodes.csv');
  cpSync(join(binary.folder, 'datasets'), join(nodes, '..'), { recursive: true });
  rmSync(join(nodes, '..', 'catalogue.json'));
  await expectRefused(['export', '--data', join(nodes, '..'), '--pyg', '--out', nodes], 'nodes.csv, which the graph');
  expect(readFileSync(nodes, 'utf8')).toMatch(/^id,label/);
});

const CORA_FILES = join(process.env.EDGEWISE_DATA ?? '', 'planetoid-cora');

it.skipIf(!existsSync(CORA_FILES))(
  'replaces what it wrote beside the files of a Planetoid set, and none of those (skipped unless EDGEWISE_DATA holds it)',
  async () => {
    const folder = join(binary.folder, 'planetoid');
    cpSync(CORA_FILES, folder, { recursive: true });
    const asked = ['export', '--data', folder, '--pyg', '--out'];
    for (const name of ['first.py', 'second.py']) {
      expect(await binary.run([...asked, join(folder, name)])).toMatchObject({ status: 0 });
      expect(readdirSync(folder)).toEqual(expect.arrayContaining([name, 'cora-pyg.npz']));
    }
    await expectRefused([...asked, join(folder, 'ind.cora.y')], 'ind.cora.y, which the graph is read from');
  },
);

it.each([
  ['neighbor', ['--set', 'evaluation.nodes=1', '--set', 'evaluation.fanOut=1']],
  ['layerwise', ['--set', 'evaluation.batchSize=1', '--set', 'evaluation.fanOut=-1', '--set', 'model.layers=4']],
])('decides as a run does that a script evaluates %s', async (strategy, settings) => {
  const asked = ['export', '--data', 'ring', '--pyg', ...settings, '--set'];
  const decided = await binary.run([...asked, 'evaluation.strategy=auto']);
  expect(decided.status).toBe(0);
  expect(decided.stdout).toBe((await binary.run([...asked, `evaluation.strategy=${strategy}`])).stdout);
});

it('exports a kept run of its own graph, not of another that is called like it', async () => {
  const asked = ['--data', 'ring', '--backend', 'cpu', '--set', 'training.epochs=1', '--json'];
  const record = decodeRecord((await binary.run(['train', ...asked])).stdout, 'standard output');
  const path = join(binary.folder, 'run.json');
  const kept = (changes: Partial<DatasetInfo>) => {
    writeFileSync(path, encodeRecord({ ...record, dataset: { ...record.dataset, ...changes } }));
    return path;
  };
  const cora = { name: 'cora', ...CORA };
  const script = await binary.run(['export', kept(cora), '--pyg']);
  expect(script).toMatchObject({ status: 0, stderr: '' });
  expect(script.stdout).toContain("Planetoid('data', name='Cora')");
  for (const size of ['nodes', 'edges', 'features', 'classes'] as const) {
    const other = kept({ ...cora, [size]: cora[size] + 1 });
    await expectRefused(['export', other, '--pyg'], 'cora is not the graph of this run');
  }
  const changed = kept({ fingerprint: '0'.repeat(64) });
  await expectRefused(['export', changed, '--pyg'], 'ring is not the graph of this run');
  const named = await binary.run(['export', changed, '--pyg', '--data', 'ring']);
  expect(named).toMatchObject({ status: 0, stderr: expect.stringContaining('the script is of this one') });
});
