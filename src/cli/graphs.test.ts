import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRecord } from '../run/codec.ts';
import { type Binary, buildBinary } from './testBinary.ts';

/** Kept graphs on the built command line, and the threads that sample from them. */

const NODES = 300;

let binary: Binary;
let file: string;

beforeAll(async () => {
  binary = await buildBinary([]);
  file = join(binary.folder, 'rings.json');
  const nodes = Array.from({ length: NODES }, (_, id) => ({
    id,
    label: `class ${id % 3}`,
    features: [id % 3, id % 7, 1],
  }));
  const links = Array.from({ length: 4 * NODES }, (_, i) => ({
    source: i % NODES,
    target: (i * i + 3 * Math.floor(i / NODES) + 1) % NODES,
    weight: 1 + (i % 5),
  }));
  writeFileSync(file, JSON.stringify({ directed: true, multigraph: false, nodes, links }));
});

afterAll(() => binary?.remove());

const SAMPLED = [
  ...['--backend', 'cpu', '--json', '--set', 'training.epochs=3', '--set', 'model.hidden=8'],
  ...['--set', 'sampling.strategy=neighbor', '--set', 'evaluation.strategy=neighbor'],
  ...['--set', 'sampling.batchSize=16', '--set', 'sampling.fanOut=3,2', '--set', 'evaluation.fanOut=3,2'],
  ...['--set', 'training.accumulate=2', '--set', 'evaluation.batchSize=50', '--set', 'memory.cacheBytes=1MiB'],
];

async function curve(data: string, ...more: string[]): Promise<string> {
  const { status, stdout, stderr } = await binary.run(['train', '--data', data, ...SAMPLED, ...more]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { result, memory } = decodeRecord(stdout, 'stdout');
  expect(memory.peak.host).toBeLessThanOrEqual(memory.forecast.host);
  expect(memory.peak.disk).toBeLessThanOrEqual(memory.forecast.disk);
  return result.curveHash;
}

describe('kept graphs', () => {
  it('are added, listed, inspected, trained on with the curve of the file, and deleted', async () => {
    expect(await binary.run(['graphs'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('no graphs are kept'),
    });
    expect(await binary.run(['graphs', 'add', 'rings', '--data', file])).toMatchObject({ status: 0, stderr: '' });
    const [listed] = JSON.parse((await binary.run(['graphs', '--json'])).stdout);
    expect(listed).toMatchObject({
      id: 'rings',
      nodes: NODES,
      features: 3,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await binary.run(['inspect', 'rings'])).stdout).toContain(`nodes      ${NODES}`);
    expect(await curve('rings')).toBe(await curve(file));
    expect(await curve('rings', '--set', 'memory.store=memory')).toBe(await curve(file));
    const ordered = ['graphs', 'add', 'ordered', '--data', file, '--order', 'degree'];
    expect(await binary.run(ordered)).toMatchObject({ status: 0, stderr: '' });
    expect(await curve('ordered', '--set', 'sampling.workers=2')).toBe(await curve(file));
    const lines = (await binary.run(['graphs'])).stdout;
    expect(lines).toMatch(/^ordered {2}.*, order degree, fingerprint/m);
    expect(lines).toMatch(/^rings {2}.* kB, fingerprint/m);
    const rows = JSON.parse((await binary.run(['graphs', '--json'])).stdout) as { id: string; order: string }[];
    expect(rows.map(({ id, order }) => `${id} ${order}`).sort()).toEqual(['ordered degree', 'rings none']);
    expect(await binary.run(['graphs', 'delete', 'ordered'])).toMatchObject({ status: 0 });
    expect(await binary.run(['graphs', 'delete', 'rings'])).toMatchObject({ status: 0, stdout: 'rings deleted\n' });
    expect(JSON.parse((await binary.run(['graphs', '--json'])).stdout)).toEqual([]);
  });

  it.each([
    [['graphs', 'ad'], 'did you mean add?'],
    [['graphs', 'add', '--data', 'x'], 'graphs add: give the graph a name'],
    [['graphs', 'add', 'Ring s', '--data', 'x'], 'use 1 to 64 of a-z, 0-9, _ and -.'],
    [['graphs', 'add', 'x', '--data', 'cora', '--order', 'size'], 'it must be one of none, degree, cluster.'],
    [['graphs', 'delete', 'nothing'], 'is not kept'],
    [['graphs', 'delete', 'a', 'b'], 'one argument too many'],
    [['train', '--data', 'arxiv-shap'], 'did you mean arxiv-shape?'],
  ])('%j is refused in one line', async (args, said) => {
    const { status, stdout, stderr } = await binary.run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^edgewise: [^\n]+\n$/);
    expect(stderr).toContain(said);
  });
});

describe('sampling in threads', () => {
  it('gives the same curve, bit for bit, from no thread, one and three, kept or not, in any chunks', async () => {
    await binary.run(['graphs', 'add', 'threads', '--data', file]);
    const inMemory = await curve(file);
    for (const workers of [0, 1, 3]) {
      const set = ['--set', `sampling.workers=${workers}`];
      expect(await curve('threads', ...set)).toBe(inMemory);
      for (const chunkBytes of [4096, 1 << 20]) {
        const chunks = ['--set', 'memory.store=file', '--set', `memory.chunkBytes=${chunkBytes}`];
        expect(await curve(file, ...set, ...chunks)).toBe(inMemory);
      }
    }
  });

  it('ends in one sentence where a chunk is gone', async () => {
    await binary.run(['graphs', 'add', 'torn', '--data', file]);
    const folder = join(binary.folder, 'cache', 'graphs');
    const chunk = readdirSync(folder).find((name) => name.includes('torn') && name.includes('features'));
    rmSync(join(folder, chunk!));
    const { status, stdout, stderr } = await binary.run(['train', '--data', 'torn', ...SAMPLED]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'edgewise: Chunk features.values/0 of graph torn is missing: delete the graph and load its file again.\n',
    );
  });
});
