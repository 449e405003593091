import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_KEYS } from '../config/schema.ts';
import { decodeRecord } from '../run/codec.ts';
import { curveHash } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { COMMANDS } from './args.ts';
import type { PlanReport } from './planReport.ts';
import { type Binary, buildBinary, type Outcome } from './testBinary.ts';
import { durationOf, readTrace } from './testTrace.ts';

/** A ring of 30 nodes in three arcs, one class each: small, connected, and worth its edges. */
const NODES = 30;
const EDGES = Array.from({ length: NODES }, (_, i) => `${i},${(i + 1) % NODES}`);
const TABLE = Array.from({ length: NODES }, (_, i) => `${i},class ${Math.floor(i / 10)},${i % 7},${(i * 3) % 5}`);

let binary: Binary;

beforeAll(async () => {
  binary = await buildBinary([
    {
      id: 'ring',
      title: 'A ring in three classes',
      kind: 'embedded',
      files: [{ path: 'edges.csv' }, { path: 'nodes.csv' }],
    },
    { id: 'away', title: 'Nobody serves it', kind: 'public', files: [{ url: 'https://example.org/x.csv', bytes: 10 }] },
  ]);
  write('datasets/edges.csv', ['source,target', ...EDGES].join('\n'));
  write('datasets/nodes.csv', ['id,label,a,b', ...TABLE].join('\n'));
});

afterAll(() => binary?.remove());

/** Writes a file beside the binary and returns its path. */
function write(name: string, content: string): string {
  const path = join(binary.folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Holds that the command failed as it should: nothing but one line, which begins `edgewise: ` and says `said`. */
function expectRefused({ status, stdout, stderr }: Outcome, said: string, expected = 2): void {
  expect(stderr).toContain(said);
  expect(stderr).toMatch(/^edgewise: [^\n]+\n$/);
  expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
}

describe('the built command line', () => {
  it('is executable by its first line', () => {
    const text = readFileSync(join(binary.folder, 'dist', 'edgewise.js'), 'utf8');
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('explains itself', async () => {
    const overview = await binary.run(['--help']);
    expect(overview).toMatchObject({ status: 0, stderr: '' });
    for (const word of [...COMMANDS, 'A ring in three classes']) expect(overview.stdout).toContain(word);
    for (const command of COMMANDS) {
      expect(await binary.run([command, '--help'])).toMatchObject({ status: 0, stderr: '' });
    }
    const config = await binary.run(['help', 'config']);
    for (const key of CONFIG_KEYS) expect(config.stdout).toContain(`  ${key} = `);
    expect(await binary.run(['--version'])).toEqual({ status: 0, stdout: `${ENGINE_VERSION}\n`, stderr: '' });
  });

  it('inspects a dataset, a folder and a file', async () => {
    const summary = JSON.parse((await binary.run(['inspect', 'ring', '--json'])).stdout);
    expect(summary).toMatchObject({ name: 'ring', nodes: 30, edges: 30, labelled: 30 });
    expect(summary.classes).toEqual([0, 1, 2].map((i) => ({ name: `class ${i}`, nodes: 10 })));
    // 27 of the 30 edges stay inside an arc.
    expect(summary.homophily).toBeCloseTo(0.9, 12);
    expect(summary.degree).toEqual({ mean: 2, median: 2, max: 2, isolated: 0 });
    const file = write('lonely/edges.csv', 'source,target\na,b\nb,c\n');
    expect(JSON.parse((await binary.run(['inspect', file, '--json'])).stdout)).toMatchObject({
      nodes: 3,
      homophily: null,
    });
    const text = await binary.run(['inspect', join(file, '..')]);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toContain('edges      2 (undirected, unweighted)');
  });

  it('reads a table as it is told to, and says how', async () => {
    const file = write('letters/letters.csv', 'when;who;whom\n1900;ann;bo\n1901;bo;bo\n');
    const options = ['--columns', 'when=ignore,who=source,3=target', '--directed'];
    const text = await binary.run(['inspect', file, ...options]);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toContain('letters.csv: delimiter semicolon, the first line names the columns\n');
    expect(text.stdout).toContain('when → ignore, who → source, whom → target\n');
    expect(text.stdout).toContain('listed     2 edges, 1 self-loops dropped, 0 duplicates merged\n');
    expect(text.stdout).toContain('edges      1 (directed, unweighted)\n');
    const { read } = JSON.parse((await binary.run(['inspect', file, '--json'])).stdout);
    expect(read.tables[0].columns.map(({ role }: { role: string }) => role)).toEqual(['source', 'target', 'ignore']);
    expectRefused(await binary.run(['inspect', file, '--columns', 'to=target']), 'column "to" is not there');
    expectRefused(await binary.run(['inspect', 'ring', '--directed']), 'ring: is no file');
  });

  it('learns several labels of a node, and says so', async () => {
    const ring = Array.from({ length: 24 }, (_, v) => `${v},${(v + 1) % 24}`).join('\n');
    const nodes = Array.from({ length: 24 }, (_, v) => `${v},${['red', 'red;blue', 'blue'][v % 3]},${v % 3},${v % 2}`);
    const folder = join(write('several/edges.csv', `source,target\n${ring}\n`), '..');
    write('several/nodes.csv', `id,label,a,b\n${nodes.join('\n')}\n`);
    const { stdout } = await binary.run(['inspect', folder]);
    expect(stdout).toContain('; multi-label, 1.33 per labelled node\n');
    // Neighbours share one of two labels, but where both have one alone.
    expect(stdout).toContain(`homophily  ${((1 / 2 + 1 / 2 + 0) / 3).toFixed(3)}\n`);
    expect(stdout).toContain('           blue: 16\n           red: 16\n');
    const out = join(folder, 'run');
    const run = ['--backend', 'cpu', '--data', folder];
    const sets = ['training.epochs=30', 'training.select=valMetric'].flatMap((set) => ['--set', set]);
    const trained = await binary.run(['train', ...run, '--out', out, ...sets]);
    expect(trained).toMatchObject({ status: 0 });
    expect(trained.stdout).toContain('preset labels-gcn (recommended for several labels; --preset takes another)');
    expect(trained.stdout).toContain('test micro F1 ');
    expect(trained.stdout).toContain('the best microF1 on validation nodes');
    const predicted = await binary.run(['predict', out, ...run]);
    const lines = predicted.stdout.trim().split('\n');
    expect(lines[0]).toBe('node,labels,true,split,blue,red');
    for (const line of lines.slice(1)) {
      const [node, labels, truth, split, blue, red] = line.split(',');
      expect(truth).toBe(['red', 'blue;red', 'blue'][Number(node) % 3]);
      expect(['train', 'val', 'test']).toContain(split);
      const likely = [...(Number(blue) > 0.5 ? ['blue'] : []), ...(Number(red) > 0.5 ? ['red'] : [])];
      expect(labels).toBe(likely.join(';'));
    }
  });

  it('prints names out of a file without their control characters', async () => {
    const folder = join(write('rude/edges.csv', 'source,target\n0,1\n'), '..');
    write('rude/nodes.csv', 'id,label\n0,\u009b2Jgone\n1,b\n');
    const { stdout, status } = await binary.run(['inspect', folder]);
    expect(status).toBe(0);
    expect(stdout).toContain('gone');
    expect(stdout).not.toContain('\u009b');
  });
});

describe('bad input ends with status 2 and one line', () => {
  it.each([
    [[], 'give a command'],
    [['trian'], 'did you mean train?'],
    [['train'], '--data: name a dataset (ring, away)'],
    [['train', '--data', 'rign'], 'did you mean ring?'],
    [['train', '--data', '/nonexistent'], '"/nonexistent": neither a dataset nor a file nor a folder'],
    [['train', '--data', 'ring', '--set', 'training.lrr=1'], 'unknown key "training.lrr": did you mean training.lr?'],
    [
      ['train', '--data', 'ring', '--set', 'training.lr=fast'],
      'training.lr cannot be "fast": it must be a number from 0 to 10',
    ],
    [['train', '--data', 'ring', '--set', 'model.layers=0'], 'it must be an integer from 1 to 64'],
    [['train', '--data', 'ring', '--seed', '-1'], '--seed: training.seed cannot be "-1"'],
    [['train', '--data', 'ring', '--split', '1'], 'data.split cannot be 1: ring has one split, number 0'],
    [['train', '--data', 'ring', '--preset', 'gnc'], 'unknown preset "gnc": did you mean gcn?'],
    [['train', '--data', 'ring', '--config', '/nonexistent.json'], '/nonexistent.json: cannot be read (ENOENT)'],
    [['train', '--data', 'ring', '--out', '/dev/null/x'], '--out /dev/null/x: cannot be made'],
    [
      ['train', '--data', 'ring', '--profile', '/nonexistent/x.json'],
      '--profile /nonexistent/x.json: cannot be written',
    ],
    [['train', '--data', 'ring', '--profile', '/dev/null'], '--profile /dev/null: is no regular file'],
    [['train', '--data', 'ring', '--profile-epochs', '2'], 'name the file of the trace with --profile FILE'],
    [['forecast', '--data', 'ring', '--out', 'x'], 'forecast: unknown option "--out"'],
    [['predict', '/nonexistent', '--data', 'ring'], '/nonexistent: not a folder'],
    [['inspect', '/nonexistent'], '"/nonexistent": neither'],
    [['export', '--data', 'ring'], 'export: say as what'],
    [['export', '/nonexistent', '--pyg'], '/nonexistent: cannot be read'],
    [['export', '/nonexistent', '--pyg', '--seed', '1'], 'has its own configuration'],
    [['export', '--data', 'ring', '--pyg', '--out', '/nonexistent/x.py'], 'cannot be written'],
    [['help', 'me'], 'help: nothing about "me"'],
  ])('edgewise %j', async (argv, said) => {
    expectRefused(await binary.run(argv), said);
  });

  it.each([
    ['a configuration that is no JSON', '{', 'this is not JSON'],
    ['an unknown key', '{"model.hiden": 8}', 'unknown key "model.hiden": did you mean model.hidden?'],
    ['a run of another schema', '{"schema": 99}', 'use a newer Edgewise'],
  ])('%s', async (_, content, said) => {
    const path = write('config.json', content);
    expectRefused(await binary.run(['train', '--data', 'ring', '--config', path]), `${path}: `);
    expectRefused(await binary.run(['train', '--data', 'ring', '--config', path]), said);
  });

  it('a file that is no graph', async () => {
    const path = write('photo.png', '\x89PNG\r\n\x1a\n');
    expectRefused(await binary.run(['train', '--data', path, '--backend', 'cpu']), 'photo.png');
    expectRefused(await binary.run(['inspect', path]), 'photo.png');
  });

  it('a graph without labels', async () => {
    const path = write('lonely/edges.csv', 'source,target\na,b\nb,c\n');
    expectRefused(await binary.run(['train', '--data', path, '--backend', 'cpu']), 'no classes, training needs two');
  });

  it('is found before a device is opened', async () => {
    const env = { VK_DRIVER_FILES: '/nonexistent.json' };
    expectRefused(
      await binary.run(['train', '--data', 'ring', '--backend', 'webgpu', '--split', '9'], env),
      'data.split',
    );
  });
});

describe('what fails while running ends with status 1', () => {
  it('no adapter', async () => {
    const env = { VK_DRIVER_FILES: '/nonexistent.json' };
    const outcome = await binary.run(['train', '--data', 'ring', '--backend', 'webgpu', '--json'], env);
    expectRefused(outcome, 'no WebGPU adapter from the Vulkan driver in VK_DRIVER_FILES (/nonexistent.json)', 1);
  });

  it('a download that nobody serves', async () => {
    const env = { EDGEWISE_MIRROR: 'http://127.0.0.1:9' };
    expectRefused(await binary.run(['inspect', 'away'], env), 'http://127.0.0.1:9/away/x.csv: download failed', 1);
  });
});

const backends = ['cpu', 'webgpu'] as const;

describe.each(backends)('training on %s', (backend) => {
  const short = ['--data', 'ring', '--backend', backend, '--set', 'training.epochs=12', '--json'];

  it('prints one record and nothing else, and the same bits again', async () => {
    const first = await binary.run(['train', ...short]);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const record = decodeRecord(first.stdout, 'standard output');
    expect(first.stdout.trim().split('\n')).toHaveLength(1);
    expect(record.dataset).toMatchObject({ name: 'ring', nodes: 30, edges: 30, features: 2, classes: 3 });
    expect(record.device.backend).toBe(backend);
    expect(record.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(record.result.curveHash).toBe(await curveHash(record.epochs));
    const best = record.epochs.reduce((a, b) => (b.valLoss < a.valLoss ? b : a));
    expect(record.result).toMatchObject({ bestEpoch: best.epoch, testAcc: best.testAcc });
    const again = decodeRecord((await binary.run(['train', ...short])).stdout, 'standard output');
    expect(again.result.curveHash).toBe(record.result.curveHash);
    const other = decodeRecord((await binary.run(['train', ...short, '--seed', '1'])).stdout, 'standard output');
    expect(other.result.curveHash).not.toBe(record.result.curveHash);
  });

  it('forecasts what training then creates', async () => {
    const { stdout, status, stderr } = await binary.run(['forecast', ...short]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const record = decodeRecord((await binary.run(['train', ...short])).stdout, 'standard output');
    expect(JSON.parse(stdout).memory.forecast).toEqual(record.memory.forecast);
    expect(record.memory.peak.gpu).toBe(record.memory.forecast.gpu);
  });

  it('compares the plan with one without passes, whatever the budget, and says where recomputation only takes memory', async () => {
    const planned = async (...sets: string[]) => {
      const { stdout, stderr } = await binary.run(['plan', ...short, ...sets.flatMap((set) => ['--set', set])]);
      const { plan, withoutPasses } = JSON.parse(stdout) as Readonly<Record<'plan' | 'withoutPasses', PlanReport>>;
      return { plan, withoutPasses, stderr };
    };
    const bare = await planned('compute.compiled=off');
    expect(bare.withoutPasses).toEqual(bare.plan);
    expect(bare.stderr).toBe('');
    const passes = ['compute.recompute=tree', 'compute.slots=off'];
    const recomputed = await planned(...passes, 'compute.precision=f16');
    expect(recomputed.withoutPasses).toEqual(bare.plan);
    expect(recomputed.plan).not.toEqual(bare.plan);
    expect(recomputed.stderr).toMatch(
      /^warning: compute\.recompute=tree makes this plan larger: \d+ bytes, and \d+ without it, because no values share a buffer; set [^\n]+\n$/,
    );
    const sets = passes.flatMap((set) => ['--set', set]);
    const trained = await binary.run(['train', ...short, ...sets]);
    const { stderr } = await binary.run(['forecast', ...short, ...sets]);
    expect(stderr).toMatch(/^warning: compute\.recompute=tree makes/);
    expect(trained).toMatchObject({ status: 0, stderr });
    const within = await planned(`memory.gpuBudget=${bare.plan.bytes - 1}`);
    expect(within.plan.bytes).toBeLessThan(bare.plan.bytes);
    expect(within.withoutPasses).toEqual(bare.plan);
  });

  it('prints the plan of what it then runs', async () => {
    const { stdout, status, stderr } = await binary.run(['plan', ...short]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { plan, withoutPasses, memory } = JSON.parse(stdout) as {
      plan: PlanReport;
      withoutPasses: PlanReport;
      memory: { forecast: { gpu: number } };
    };
    const forecast = JSON.parse((await binary.run(['forecast', ...short])).stdout);
    expect(JSON.parse(stdout)).toEqual({ ...forecast, plan, withoutPasses });
    expect(withoutPasses.total.dispatches).toBeGreaterThan(plan.total.dispatches);
    if (backend === 'webgpu') expect(plan.bytes).toBe(memory.forecast.gpu);
    expect(plan.slots.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(plan.bytes);
    expect(plan.routines.map(({ name }) => name)).toEqual(['train', 'evaluate', 'keep', 'restore']);
    expect(plan.total.moved).toBeGreaterThan(0);
    expect(plan.total.flops).toBeGreaterThan(0);

    const words = short.filter((word) => word !== '--json');
    const text = await binary.run(['plan', ...words]);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    const { dispatches } = plan.routines[0].total;
    expect(text.stdout).toContain(`routine train: ${dispatches} dispatches, `);
    expect(text.stdout).toMatch(/\n {2}and \d+ more: --all lists them\n/);
    const all = await binary.run(['plan', ...words, '--all']);
    expect(all.stdout).not.toContain('--all');
    for (const { name } of plan.values) expect(all.stdout).toContain(`\n  ${name} `);
  });

  it('writes a trace, and the curve is the same', async () => {
    const path = join(binary.folder, `trace-${backend}.json`);
    const stored = [
      '--set',
      'sampling.strategy=neighbor',
      '--set',
      'sampling.batchSize=4',
      '--set',
      'memory.store=file',
    ];
    const run = ['train', ...short, ...stored];
    const traced = await binary.run([...run, '--profile', path, '--profile-epochs', '2']);
    expect(traced).toMatchObject({ status: 0, stderr: '' });
    const record = decodeRecord(traced.stdout, 'standard output');
    const plain = decodeRecord((await binary.run(run)).stdout, 'standard output');
    expect(record.result).toEqual(plain.result);
    expect(record.memory.peak.gpu).toBe(record.memory.forecast.gpu);

    const { host, kernels, about } = readTrace(readFileSync(path, 'utf8'));
    expect(about).toMatchObject({ data: 'ring', missing: '' });
    expect([...host.keys()].sort()).toEqual(['I/O', 'epochs', 'read-back', 'sampling', 'upload']);
    expect(host.get('epochs')!.filter(({ name }) => /^epoch/.test(name))).toHaveLength(2);
    expect(kernels.has('optimizer.adam')).toBe(true);
    const wall = Math.max(...[...host.values()].flat().map(({ ts, dur }) => ts + dur!));
    expect(durationOf([...kernels.values()].flat())).toBeGreaterThan(0);
    expect(durationOf([...kernels.values()].flat())).toBeLessThanOrEqual(wall);
  });

  it('keeps a run that predicts, and that repeats itself', async () => {
    const out = join(binary.folder, `kept-${backend}`);
    const record = decodeRecord((await binary.run(['train', ...short, '--out', out])).stdout, 'standard output');
    expect(decodeRecord(readFileSync(join(out, 'run.json'), 'utf8'), 'run.json')).toEqual(record);
    expect(statSync(join(out, 'weights.safetensors')).size).toBeGreaterThan(0);
    const repeated = await binary.run(['train', ...short.slice(0, 4), '--json', '--config', join(out, 'run.json')]);
    expect(decodeRecord(repeated.stdout, 'standard output').result.curveHash).toBe(record.result.curveHash);

    const script = await binary.run(['export', out, '--pyg']);
    expect(script.stdout).toContain(`EPOCHS = ${record.config['training.epochs']}\n`);

    const { stdout, status, stderr } = await binary.run(['predict', out, '--data', 'ring', '--backend', backend]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [header, ...rows] = stdout.trim().split('\n');
    expect(header).toBe('node,class,true,split,class 0,class 1,class 2');
    expect(rows).toHaveLength(NODES);
    for (const row of rows) {
      const [node, name, truth, split, ...numbers] = row.split(',');
      expect(truth).toBe(`class ${Math.floor(Number(node) / 10)}`);
      expect(['train', 'val', 'test', '']).toContain(split);
      const probabilities = numbers.map(Number);
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
      expect(probabilities[Number(name.slice(-1))]).toBe(Math.max(...probabilities));
    }
    const lonely = write('two/edges.csv', 'source,target\n0,1\n1,2\n');
    expectRefused(await binary.run(['predict', out, '--data', lonely]), 'the run was trained on 2');
  });
});

describe('training under a budget', () => {
  const run = ['train', '--data', 'ring', '--backend', 'webgpu', '--set', 'training.epochs=2', '--json'];

  it('ends with the numbers where nothing fits, and with --no-fit', async () => {
    const impossible = await binary.run([...run, '--set', 'memory.gpuBudget=16']);
    expectRefused(impossible, 'memory.gpuBudget');
    expect(impossible.stderr).toMatch(/\b16\b/);
    expectRefused(await binary.run([...run, '--no-fit', '--set', 'memory.gpuBudget=16']), 'memory.gpuBudget');
  });

  it('falls back to the CPU with a warning', async () => {
    const env = { VK_DRIVER_FILES: '/nonexistent.json' };
    const auto = run.filter((word) => word !== '--backend' && word !== 'webgpu');
    const { status, stdout, stderr } = await binary.run(auto, env);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'warning: no WebGPU adapter from the Vulkan driver in VK_DRIVER_FILES (/nonexistent.json); using the CPU.\n',
    });
    expect(decodeRecord(stdout, 'standard output').device.backend).toBe('cpu');
  });
});
