import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { CONFIG_KEYS, DEFAULTS, entryOf } from '../config/schema.ts';
import { exampleKernels, exampleLadder } from './benchExamples.ts';
import { decodeResults, encodeResults } from './benchFile.ts';
import { encodeBench, readBench, writeBench } from './benchLink.ts';
import { type BenchResult, sameResult, throttleWarning } from './benchResult.ts';
import { ADDRESS_LENGTH, decodeHash, MAX_LINK } from './link.ts';
import { randomConfig, randomFrom } from './linkExamples.ts';
import { seal } from './seal.ts';

async function resultOf(hash: string): Promise<BenchResult> {
  const link = await decodeHash(hash);
  if (link.kind !== 'bench') throw new Error(`a link of kind ${link.kind}`);
  return link.result;
}

/** The message of the InputError that the hash is refused with. */
async function refusal(hash: string): Promise<string> {
  const error: unknown = await decodeHash(hash).catch((reason) => reason);
  expect(error, hash.slice(0, 60)).toBeInstanceOf(InputError);
  const { message } = error as InputError;
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(400);
  return message;
}

const refusedFile = (text: string): string => {
  try {
    decodeResults(text, 'a.json');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }
  return 'accepted';
};

describe('a result as a file', () => {
  it('comes back as it was, alone or with others', () => {
    const results = [exampleLadder(randomFrom(1)), exampleKernels(randomFrom(2))];
    expect(decodeResults(encodeResults(results), 'a.json')).toEqual(results);
    expect(decodeResults(JSON.stringify(results[0]), 'a.json')).toEqual([results[0]]);
  });

  it('is refused with the field that is wrong', () => {
    const good = exampleLadder(randomFrom(3));
    const [row] = good.rows;
    const changed = (change: object) => refusedFile(JSON.stringify([{ ...good, ...change }]));
    const figured = (training: object) => changed({ rows: [{ ...row, figures: { training } }] });
    expect(changed({})).toBe('accepted');
    expect(changed({ schema: 99 })).toMatch(/use a newer Edgewise/);
    expect(changed({ suite: 'toString' })).toMatch(/suite must be ladder, budgets, kernels/);
    expect(changed({ suite: 'kernels' })).toMatch(/trained must be null/);
    expect(changed({ trained: null })).toMatch(/trained must be what was trained/);
    expect(changed({ repetitions: 0 })).toMatch(/repetitions must be 1 to/);
    expect(changed({ at: 1e16 })).toMatch(/at must be/);
    expect(changed({ at: -1 })).toMatch(/at must be/);
    expect(changed({ drift: null })).toMatch(/drift must be/);
    expect(changed({ device: { ...good.device, backend: 'cpu', software: false } })).toMatch(/software must be true/);
    expect(changed({ rows: [row, row] })).toMatch(/rows\[1\]\.name must be a name that no other row has/);
    expect(changed({ rows: Array(401).fill(row) })).toMatch(/rows must be a list of at most 400/);
    expect(figured({ median: 2, lo: 3, hi: 4 })).toMatch(/training.*its median inside its interval/);
    expect(figured({ median: -1, lo: -2, hi: 4 })).toMatch(/training/);
    expect(figured({ median: null, lo: 1, hi: 2 })).toMatch(/training/);
    expect(changed({ rows: [{ ...row, figures: { peak: { median: 1.5, lo: 1, hi: 2 } } }] })).toMatch(/whole bytes/);
    const { dataset, config } = good.trained!;
    expect(changed({ trained: { config, dataset: { ...dataset, catalogueId: '../x' } } })).toMatch(/catalogueId/);
    expect(changed({ trained: { config, dataset: { ...dataset, fingerprint: 'x' } } })).toMatch(/a hash/);
    expect(changed({ trained: { dataset, config: { 'training.lr': -1 } } })).toMatch(/training\.lr/);
    expect(refusedFile('[]')).toMatch(/0 results/);
    expect(refusedFile('{')).toMatch(/not JSON.*npm run bench/);
    expect(refusedFile('null')).toMatch(/must be an object/);
  });

  it('shows no unseen characters, and drops what it does not know', () => {
    const good = exampleLadder(randomFrom(4));
    const [row] = good.rows;
    const file = JSON.stringify({
      ...good,
      engine: '0.1.0\u202e',
      rows: [{ ...row, name: 'base\u0000line', figures: { ...row.figures, share: { median: 1, lo: 1, hi: 1 } } }],
      extra: 1,
    });
    const [read] = decodeResults(file, 'a.json');
    expect(read).toEqual({ ...good, engine: '0.1.0 ', rows: [{ ...row, name: 'base line' }] });
  });
});

describe('a result as a link', () => {
  it('comes back as it was, for any configuration', async () => {
    const random = randomFrom(5);
    const local = Object.fromEntries(
      CONFIG_KEYS.filter((key) => entryOf(key).local).map((key) => [key, DEFAULTS[key]]),
    );
    for (let i = 0; i < 30; i++) {
      const example = exampleLadder(random);
      const config = { ...randomConfig(random, random()), ...local };
      const result = { ...example, trained: { ...example.trained!, config } };
      const link = await encodeBench(result);
      expect(link.length + ADDRESS_LENGTH).toBeLessThanOrEqual(MAX_LINK);
      expect(await resultOf(link)).toEqual(result);
    }
    const kernels = exampleKernels(random);
    expect(await resultOf(await encodeBench(kernels))).toEqual(kernels);
  });

  it('tells nothing of the name of somebody’s own graph', async () => {
    const example = exampleLadder(randomFrom(6));
    const dataset = { ...example.trained!.dataset, catalogueId: null, name: 'secret' };
    const result = { ...example, trained: { ...example.trained!, dataset } };
    const link = await encodeBench(result);
    const payload = inflateRawSync(Buffer.from(link.slice('#bench='.length), 'base64url').subarray(5));
    expect(payload.includes('baseline')).toBe(true);
    expect(payload.includes('secret')).toBe(false);
    expect((await resultOf(link)).trained?.dataset).toEqual({ ...dataset, name: '' });
  });

  it('that has too many rows is refused, and told to be a file', async () => {
    const example = exampleKernels(randomFrom(7));
    const random = randomFrom(8);
    const rows = Array.from({ length: 200 }, (_, i) => ({ ...example.rows[0], name: `${i} ${random()}` }));
    await expect(encodeBench({ ...example, rows })).rejects.toThrow(/200 rows\): save it as a file/);
  });

  it('that is cut, or has a byte changed, is refused or holds a result that a page can show', async () => {
    const payload = writeBench(exampleLadder(randomFrom(9)));
    for (let length = 0; length < payload.length; length += 7) {
      expect(await refusal(`#bench=${await seal(payload.slice(0, length))}`)).toMatch(/^this link /);
    }
    expect(await refusal(`#bench=${await seal(Uint8Array.from([...payload, 0]))}`)).toMatch(/its length/);
    let refused = 0;
    for (let at = 0; at < payload.length; at++) {
      const copy = payload.slice();
      copy[at] ^= 0x55;
      try {
        const result = readBench(copy);
        // Whatever was accepted is accepted as a file, too: one set of rules.
        expect(refusedFile(JSON.stringify({ ...result })), `byte ${at}`).toBe('accepted');
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(payload.length / 4);
  });

  it('of another schema says which', async () => {
    const payload = writeBench(exampleLadder(randomFrom(10)));
    payload[0] = 2;
    expect(await refusal(`#bench=${await seal(payload)}`)).toMatch(/newer Edgewise \(schema 2 of results\)/);
    payload[0] = 0;
    expect(await refusal(`#bench=${await seal(payload)}`)).toMatch(/does not hold the result of a benchmark/);
    expect(await refusal('#bench=AAAA')).toMatch(/damaged/);
  });
});

it('two results are one where suite, time, device and figures are', async () => {
  const example = exampleLadder(randomFrom(11));
  expect(sameResult(example, await resultOf(await encodeBench(example)))).toBe(true);
  expect(sameResult(example, { ...example, at: example.at + 1 })).toBe(false);
  expect(sameResult(example, { ...example, rows: example.rows.slice(1) })).toBe(false);
});

it('the warning says by how much', () => {
  const example = exampleLadder(randomFrom(12));
  expect(throttleWarning(example)).toMatch(/^Times rose by 32 %/);
  expect(throttleWarning({ ...example, throttled: false })).toBeNull();
});
