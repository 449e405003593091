import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeRecord } from '../run/codec.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../train/checkpointFile.ts';
import { type Binary, buildBinary } from './testBinary.ts';

/** `edgewise train --checkpoint` that is killed, and `--resume` after it. */

const RING = Array.from({ length: 60 }, (_, i) => `${i},${(i + 1) % 60}`);
const TABLE = Array.from({ length: 60 }, (_, i) => `${i},class ${Math.floor(i / 20)},${i % 7},${(i * 3) % 5}`);
const SETTINGS = ['--set', 'training.epochs=6000', '--set', 'model.hidden=64', '--set', 'training.checkpointEvery=3'];

let binary: Binary;
let checkpoint: string;

beforeAll(async () => {
  binary = await buildBinary([]);
  write('ring/edges.csv', ['source,target', ...RING].join('\n'));
  write('ring/nodes.csv', ['id,label,a,b', ...TABLE].join('\n'));
  checkpoint = join(binary.folder, 'run.ckpt');
}, 120_000);

afterAll(() => binary?.remove());

function write(name: string, content: string): void {
  const path = join(binary.folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const train = (...args: string[]) => binary.run(['train', '--backend', 'cpu', '--json', ...args]);
const data = () => ['--data', join(binary.folder, 'ring')];
const refused = (...args: string[]) => train(...args).then(({ status, stderr }) => ({ status, stderr }));

test('a run that is killed goes on from its checkpoint to the same curve', { timeout: 300_000 }, async () => {
  const left = decodeRecord((await train(...data(), ...SETTINGS)).stdout, 'left');
  const script = join(binary.folder, 'dist', 'edgewise.js');
  const args = ['train', '--backend', 'cpu', ...data(), ...SETTINGS, '--checkpoint', checkpoint];
  const child = spawn(process.execPath, [script, ...args], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
  while (!existsSync(checkpoint)) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  expect(await gone).toBe('SIGKILL');
  const { point } = decodeCheckpoint(readFileSync(checkpoint), checkpoint);
  expect(point.epochs.length).toBeLessThan(6000);

  // Neither of these touches the checkpoint.
  const other = ['--resume', checkpoint, '--set', 'training.lr=0.05'];
  expect(await refused(...other)).toEqual({
    status: 2,
    stderr: `edgewise: --resume ${checkpoint}: training.lr is 0.01 there, not 0.05: leave it out, or train anew without --resume.\n`,
  });
  write('other/edges.csv', 'source,target\n0,1\n1,2\n');
  write('other/nodes.csv', 'id,label,a,b\n0,class 0,1,2\n1,class 1,3,4\n2,class 2,5,6\n');
  const graph = await refused('--resume', checkpoint, '--data', join(binary.folder, 'other'));
  expect(graph.status).toBe(2);
  expect(graph.stderr).toMatch(/^edgewise: --resume .* is not the graph that this run was trained on [^\n]*\n$/);
  write('half.ckpt', '');
  writeFileSync(join(binary.folder, 'half.ckpt'), readFileSync(checkpoint).subarray(0, 500));
  const half = await refused('--resume', join(binary.folder, 'half.ckpt'));
  expect(half.status).toBe(2);
  expect(half.stderr).toMatch(/^edgewise: .*half\.ckpt: [^\n]+\n$/);

  const elsewhere = join(binary.folder, 'elsewhere.ckpt');
  const source = 'https://example.org/ring.npz';
  writeFileSync(elsewhere, encodeCheckpoint({ ...decodeCheckpoint(readFileSync(checkpoint), checkpoint), source }));
  expect(await refused('--resume', elsewhere)).toEqual({
    status: 2,
    stderr: `edgewise: --resume ${elsewhere}: its graph was fetched from ${source}: name that with --data to fetch it again.\n`,
  });

  const outcome = await train('--resume', checkpoint, '--set', 'training.checkpointEvery=1000');
  expect(outcome.stderr).toBe('');
  const record = decodeRecord(outcome.stdout, 'resumed');
  expect(record.resumed).toEqual([{ epoch: point.epochs.length, device: left.device }]);
  expect(record.result).toEqual(left.result);
  expect(record.epochs).toHaveLength(6000);
  // The old file is there until the new one is complete, and `edgewise forecast` has said so.
  const { forecast: said, peak } = record.memory;
  expect(peak.disk).toBeGreaterThanOrEqual(statSync(checkpoint).size);
  expect(peak.disk).toBeLessThanOrEqual(said.disk);
  expect(peak.host).toBeLessThanOrEqual(said.host);
  const settings = [...SETTINGS, '--set', 'training.checkpointEvery=1000', '--checkpoint', checkpoint];
  const foreseen = await binary.run(['forecast', '--backend', 'cpu', '--json', ...data(), ...settings]);
  expect(JSON.parse(foreseen.stdout).memory.forecast).toEqual(said);
  expect({ ...record.config, 'training.checkpointEvery': 3 }).toEqual(left.config);
});
