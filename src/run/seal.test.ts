import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { InputError } from '../config/errors.ts';
import { CONFIG_KEYS } from '../config/schema.ts';
import { decodeHash } from './link.ts';
import { exampleRun, randomFrom } from './linkExamples.ts';
import type { RunRecord } from './record.ts';
import { SEAL_VERSION, seal } from './seal.ts';
import { encodeRun } from './sealedRun.ts';
import type { SharedRun } from './sharedRun.ts';
import { readRun, writeRun } from './sharedRunCodec.ts';

async function runOf(hash: string): Promise<SharedRun> {
  const link = await decodeHash(hash);
  if (link.kind !== 'run') throw new Error(`a link of kind ${link.kind}`);
  return link.shared;
}

/** The sentence with which a link is refused. */
async function refusal(hash: string): Promise<string> {
  const error: unknown = await decodeHash(hash).catch((reason) => reason);
  if (!(error instanceof Error)) return 'accepted';
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

function bytesOf(hash: string): Buffer {
  return Buffer.from(hash.slice('#run='.length), 'base64url');
}

function payloadOf(hash: string): Buffer {
  return inflateRawSync(bytesOf(hash).subarray(5));
}

/** A link of any version whose checksum is right, by Node's own CRC-32. */
function sealedAs(version: number, payload: Uint8Array): string {
  const deflated = deflateRawSync(payload, { level: 9 });
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(deflated, crc32(Buffer.of(version))));
  return `#run=${Buffer.concat([Buffer.of(version), checksum, deflated]).toString('base64url')}`;
}

describe('a damaged or hostile sealed link', () => {
  const example = exampleRun(randomFrom(9), 3);

  it('is refused with any one character changed, dropped or added', async () => {
    const link = await encodeRun(example, 'cora');
    const shared = await runOf(link);
    const random = randomFrom(10);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = '#run='.length; at < link.length; at++) {
      const others = [alphabet[Math.floor(random() * 64)], '.', '%', '\u0000', 'é'].filter((char) => char !== link[at]);
      for (const char of others) {
        const outcome = await runOf(link.slice(0, at) + char + link.slice(at + 1)).catch((error) => error);
        // The last character has bits that stand for nothing.
        if (outcome instanceof Error) expect(outcome.message).toMatch(/^this link is damaged .*: copy it again\.$/);
        else expect([at, outcome]).toEqual([link.length - 1, shared]);
      }
      expect(await refusal(link.slice(0, at))).toMatch(/^this link is damaged/);
      expect(await refusal(link.slice(0, at) + link.slice(at + 1))).toMatch(/^this link is damaged/);
    }
    expect(await refusal(`${link}A`)).toMatch(/^this link is damaged/);
    expect(await refusal(`${link}&training.lr=1`)).toMatch(/^this link is damaged/);
  });

  it('is refused with any one byte changed', async () => {
    const bytes = bytesOf(await encodeRun(example, 'cora'));
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 128, 255]) {
        const copy = Uint8Array.from(bytes);
        copy[at] ^= flip;
        expect(await refusal(`#run=${Buffer.from(copy).toString('base64url')}`)).toMatch(/^this link is damaged/);
      }
    }
  });

  it('is refused where its payload ends early or late, whatever the checksum says', async () => {
    const payload = payloadOf(await encodeRun(example, 'cora'));
    for (let length = 0; length < payload.length; length++) {
      expect(await refusal(`#run=${await seal(Uint8Array.from(payload.subarray(0, length)))}`)).toMatch(/^this link /);
    }
    expect(await refusal(`#run=${await seal(Uint8Array.from([...payload, 0]))}`)).toMatch(/its length cannot be right/);
  });

  it('never gives more than one sentence or a valid run for a payload with any byte changed', async () => {
    const payload = payloadOf(await encodeRun(example, 'cora'));
    const random = randomFrom(11);
    for (let i = 0; i < 5000; i++) {
      const copy = Uint8Array.from(payload);
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      let shared: SharedRun;
      try {
        shared = readRun(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        continue;
      }
      expect(Object.keys(shared.config).sort()).toEqual([...CONFIG_KEYS].sort());
      expect(shared.result.bestEpoch).toBeLessThanOrEqual(shared.epochs);
    }
  });

  it('is told apart from one that a newer or an older Edgewise made', async () => {
    // A header as seal.ts writes it, with another version: the checksum comes from the sealed original.
    const payload = payloadOf(await encodeRun(example, 'cora'));
    expect(await refusal(sealedAs(SEAL_VERSION + 1, payload))).toMatch(
      /^this link was made by a newer Edgewise \(version 3/,
    );
    expect(await refusal(sealedAs(1, payload))).toBe(
      'this link was made by an older Edgewise (version 1 of links, not 2): ask whoever made it for a new one.',
    );
    expect(await refusal(sealedAs(0, Buffer.from('x')))).toMatch(/^this link is damaged/);
    expect(await refusal(sealedAs(SEAL_VERSION, payload))).toBe('accepted');
  });

  it('is not decoded where it is too long', async () => {
    const decode = vi.spyOn(globalThis, 'atob');
    expect(await refusal(`#run=${'A'.repeat(4001)}`)).toMatch(/more than 4000 characters/);
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });

  it('is inflated no further than any run goes', async () => {
    const bomb = sealedAs(SEAL_VERSION, Buffer.alloc(2_500_000));
    expect(bomb.length).toBeLessThan(4000);
    let inflated = 0;
    const Real = globalThis.DecompressionStream;
    vi.stubGlobal('DecompressionStream', function counted(format: CompressionFormat) {
      const { readable, writable } = new Real(format);
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          inflated += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return { writable, readable: readable.pipeThrough(counter) };
    });
    expect(await refusal(bomb)).toMatch(/unpacks to more than any run has/);
    vi.unstubAllGlobals();
    expect(inflated).toBeGreaterThan(2 ** 16);
    expect(inflated).toBeLessThan(2 ** 18);
  });

  it.each<[string, Partial<Record<keyof RunRecord, unknown>>, RegExp]>([
    ['a value out of range', { config: { ...example.config, 'training.lr': 11 } }, /training.lr cannot be "11"/],
    [
      'a value of another type',
      { config: { ...example.config, 'training.lr': 'fast' } },
      /training.lr cannot be "fast"/,
    ],
    ['no number', { config: { ...example.config, 'training.lr': Number.NaN } }, /training.lr cannot be "NaN"/],
    ['a text without end', { config: { ...example.config, 'model.kind': 'x'.repeat(601) } }, /the value of model.kind/],
    ['a fitted value out of range', { fitted: { 'model.layers': 65 } }, /model.layers cannot be "65"/],
    [
      'a change of what cannot change',
      { events: [{ step: 1, key: 'training.seed', value: 1 }] },
      /change of training.seed/,
    ],
    ['a change to nonsense', { events: [{ step: 1, key: 'training.lr', value: -1 }] }, /training.lr cannot be "-1"/],
    ['a processor as a GPU', { device: { ...example.device, backend: 'cpu', software: false } }, /its device/],
    ['an accuracy over 1', { result: { ...example.result, testAcc: 1.5 } }, /testAcc cannot be right/],
    ['an area under 0', { result: { ...example.result, testRocAuc: -1 } }, /testRocAuc cannot be right/],
    ['a best epoch that never ran', { result: { ...example.result, bestEpoch: 4 } }, /its best epoch/],
  ])('is refused with %s, already where it would be made', async (_, changes, said) => {
    const record = { ...example, ...changes } as RunRecord;
    expect(await refusal(`#run=${await seal(writeRun(record, 'cora', 64))}`)).toMatch(said);
    await expect(encodeRun(record, 'cora')).rejects.toThrow(said);
  });

  it.each<[string, Partial<Record<keyof RunRecord, unknown>>, RegExp]>([
    [
      'changes out of order',
      { events: ['5', '1'].map((step) => ({ step, key: 'training.lr', value: 1 })) },
      /whole number/,
    ],
    ['no epoch', { epochs: [] }, /from 1 to the last/],
    ['epochs missing', { epochs: example.epochs.slice(1) }, /from 1 to the last/],
    ['a fingerprint that is none', { dataset: { ...example.dataset, fingerprint: 'f' } }, /its fingerprint is no hash/],
    ['half a node', { dataset: { ...example.dataset, nodes: 0.5 } }, /0.5 is not a whole number/],
  ])('is not made of a record with %s', async (_, changes, said) => {
    const refused = encodeRun({ ...example, ...changes } as RunRecord, null);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(said);
  });

  it('is not made with a name that no catalogue has', async () => {
    await expect(encodeRun(example, 'my secret graph')).rejects.toThrow(/data cannot be/);
  });

  it('is refused with a setting of which this Edgewise knows nothing, or one set twice', async () => {
    const payload = Buffer.from(writeRun(example, null, 64));
    // Behind an empty name, the fingerprint and four counts (8000, 25000, 500, 12) comes the number of settings.
    const first = 1 + 8 + 2 + 3 + 2 + 1 + 1;
    const [unknown, twice] = [Buffer.from(payload), Buffer.from(payload)];
    unknown.writeUInt16BE(0, first);
    expect(() => readRun(unknown)).toThrow(/a setting that this Edgewise does not know/);
    // The first setting is model.kind=gcn, six bytes with its length; its number over that of the second.
    const next = first + 2 + 1 + 'gcn'.length;
    payload.copy(twice, next, first, first + 2);
    expect(() => readRun(twice)).toThrow(/model.kind/);
  });
});
