import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { PRESETS } from '../../config/presets.ts';
import { type Config, DEFAULTS, SCHEMA } from '../../config/schema.ts';
import { pygScript } from './script.ts';
import { fileNames, type PygRun, publicSource } from './source.ts';

const TWO = { name: 'two', nodes: 40, edges: 70, features: 9, classes: 2, fingerprint: '' };
const CORA = { name: 'cora', nodes: 2708, edges: 5278, features: 1433, classes: 7, fingerprint: '' };

function runOf(changes: Partial<Config>, more: Partial<PygRun> = {}): PygRun {
  const file = { sparse: true, weighted: true, loops: true };
  return { config: { ...DEFAULTS, ...changes }, dataset: CORA, source: { file }, events: [], ...more };
}

/** Every value of every choice, alone and on batches. */
const CHOICES = Object.entries(SCHEMA).flatMap(([key, entry]) =>
  entry.type === 'enum' ? entry.values.map((value) => ({ [key]: value }) as Partial<Config>) : [],
);
const KINDS = SCHEMA['model.kind'].values;
const SAMPLED = { 'sampling.strategy': 'neighbor', 'evaluation.strategy': 'neighbor' } as const;

const python = spawnSync('python3', ['-c', 'print(1)'], { encoding: 'utf8' }).status === 0;

describe('a script for PyTorch Geometric', () => {
  test('of Kipf and Welling on Cora is this', async () => {
    const run = runOf(PRESETS['planetoid-gcn'].values, { source: publicSource('cora')! });
    await expect(pygScript(run)).toMatchFileSnapshot('testdata/cora_gcn.py');
  });

  test('of sampled GraphSAGE on a graph in a file is this', async () => {
    const run = runOf(PRESETS['shape-sage'].values, {
      source: { file: { sparse: false, weighted: false, loops: false } },
    });
    await expect(pygScript(run)).toMatchFileSnapshot('testdata/file_sage.py');
  });

  test.skipIf(!python)(
    `is Python for every value of every choice${python ? '' : ' (skipped: python3 is not there)'}`,
    () => {
      const scripts = CHOICES.flatMap((choice) =>
        (choice['model.kind'] ? [choice['model.kind']] : KINDS).flatMap((kind) =>
          [{}, SAMPLED].map((strategy) =>
            pygScript(runOf({ ...strategy, ...choice, 'model.kind': kind }, { dataset: TWO })),
          ),
        ),
      );
      const lines = scripts.flatMap((script) => script.split('\n'));
      expect(lines.filter((line) => line.length > 130)).toEqual([]);
      const compile = 'import json, sys\nfor text in json.load(sys.stdin): compile(text, text[:40], "exec")';
      const { stderr, status } = spawnSync('python3', ['-W', 'error', '-c', compile], {
        input: JSON.stringify(scripts),
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  test('keeps hostile names out of the code', () => {
    const dataset = { ...CORA, name: '../x"""\nimport os; os.remove("y")\n\'\\' };
    expect(fileNames(dataset, DEFAULTS).graph).toBe('x-import-os-os-remove-y-pyg.npz');
    expect(fileNames({ ...CORA, name: '…' }, DEFAULTS).graph).toBe('graph-pyg.npz');
    const text = pygScript(runOf({}, { dataset }));
    expect(text).not.toContain('import os');
    expect(text.split('"""')).toHaveLength(pygScript(runOf({})).split('"""').length);
  });

  test('takes the public dataset where PyTorch Geometric has it, and its own split', () => {
    expect(publicSource('debian')).toBeNull();
    expect(publicSource('toString')).toBeNull();
    expect(publicSource(null)).toBeNull();
    const text = pygScript(runOf({ 'data.split': 3 }, { source: publicSource('tolokers')! }));
    expect(text).toContain("HeterophilousGraphDataset('data', name='Tolokers')[0]");
    expect(text).toContain('SPLIT = 3');
    expect(text).not.toContain('npz');
  });

  test('is refused where no run could be so', () => {
    const cora = { source: publicSource('cora')! };
    expect(() => pygScript(runOf({ 'data.split': 1 }, cora))).toThrow('one split');
    expect(() => pygScript(runOf({ 'task.metric': 'rocAuc' }))).toThrow('7 classes');
  });

  test.each(['layerwise', 'neighbor'] as const)('evaluates so many nodes, %s, and all of them at once', (strategy) => {
    const some = 'val_mask = at_most(EVALUATION_NODES, ';
    expect(pygScript(runOf({ 'evaluation.strategy': strategy, 'evaluation.nodes': 9 }))).toContain(some);
    expect(pygScript(runOf({ 'evaluation.strategy': strategy, 'evaluation.nodes': 0 }))).not.toContain(some);
    expect(pygScript(runOf({ 'evaluation.strategy': 'full', 'evaluation.nodes': 9 }))).not.toContain(some);
  });

  test('says what was changed by hand, and where the two differ', () => {
    const events = [{ step: 12, key: 'training.lr', value: 0.05 }] as const;
    expect(pygScript(runOf({}, { events })).replaceAll('\n', ' ')).toContain('training.lr = 0.05 after step 12');
    const sums = { 'model.kind': 'gin', 'sampling.strategy': 'neighbor' } as const;
    expect(pygScript(runOf(sums)).replaceAll('\n', ' ')).toContain('smaller by k / d');
    expect(pygScript(runOf({ 'model.kind': 'gin' }))).not.toContain('k / d');
    const layerwise = pygScript(runOf({ 'evaluation.strategy': 'layerwise' })).replaceAll('\n', ' ');
    expect(layerwise).toContain('at once, on the GPU');
  });
});
