import { deepStrictEqual } from 'node:assert';
import { inflateRawSync } from 'node:zlib';
import { strToU8 } from 'fflate';
import { DEFAULTS } from '../src/config/schema.ts';
import { readSafetensors } from '../src/formats/safetensors.ts';
import { exampleKernels, exampleLadder } from '../src/run/benchExamples.ts';
import { decodeResults, encodeResults } from '../src/run/benchFile.ts';
import { encodeBench, readBench, writeBench } from '../src/run/benchLink.ts';
import { decodeConfigFile, decodeRecord, encodeRecord } from '../src/run/codec.ts';
import { decodeHash, encodeHash } from '../src/run/link.ts';
import { exampleRun, randomConfig, randomFrom } from '../src/run/linkExamples.ts';
import { encodeRun } from '../src/run/sealedRun.ts';
import { readRun } from '../src/run/sharedRunCodec.ts';
import { decodeCheckpoint, encodeCheckpoint, pack } from '../src/train/checkpointFile.ts';
import type { FuzzCase, FuzzInput } from './cases.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const run = () => exampleRun(randomFrom(9), 3);

/** What is read and written once more is the same when it is read again. */
async function readLink(hash: string): Promise<void> {
  const link = await decodeHash(hash);
  if (link.kind === 'config') deepStrictEqual(await decodeHash(encodeHash(link.state)), link);
  if (link.kind === 'run') deepStrictEqual({ ...DEFAULTS, ...link.shared.config }, link.shared.config);
}

function readRecord(json: string): void {
  const record = decodeRecord(json, 'run.json');
  deepStrictEqual(decodeRecord(encodeRecord(record), 'run.json'), record);
}

async function sealedInputs(): Promise<FuzzInput[]> {
  const link = await encodeRun(run(), 'cora');
  const payload = inflateRawSync(Buffer.from(link.slice('#run='.length), 'base64url').subarray(5));
  const whole = { bytes: strToU8(link), read: (bytes: Uint8Array) => readLink(text(bytes)) };
  return [whole, { bytes: new Uint8Array(payload), read: readRun }];
}

function checkpointInputs(): FuzzInput[] {
  const { epochs, device, config, dataset, result } = run();
  const { testAcc: accuracy, testMicroF1: microF1, testMacroF1: macroF1, testWeightedF1: weightedF1 } = result;
  const best = { epoch: 1, figure: 0.5, test: { accuracy, microF1, macroF1, weightedF1 }, confusion: null };
  const values = new Map([['weights', Float32Array.of(1, 2, 3)]]);
  const events = [{ step: 1, key: 'training.lr', value: 0.05 }] as const;
  const rest = { events, planned: config, refusals: 0, device, resumed: [{ epoch: 1, device }] };
  const point = { epochs: [...epochs], best, steps: epochs.length, values, ...rest };
  const whole = encodeCheckpoint({ engine: '1', config, dataset, source: 'cora', point });
  const { tensors, metadata } = readSafetensors(whole, 'run.ckpt');
  return [
    { bytes: whole, read: readCheckpoint },
    // As somebody would write it by hand: its checksum is right.
    { bytes: strToU8(metadata.get('about')!), read: (bytes) => readCheckpoint(pack(text(bytes), tensors)) },
  ];
}

function readCheckpoint(bytes: Uint8Array): void {
  const file = decodeCheckpoint(bytes, 'run.ckpt');
  deepStrictEqual(decodeCheckpoint(encodeCheckpoint(file), 'run.ckpt'), file);
}

const result = () => exampleLadder(randomFrom(9));

function readResults(json: string): void {
  const results = decodeResults(json, 'result.json');
  deepStrictEqual(decodeResults(encodeResults(results), 'result.json'), results);
}

async function benchmarkInputs(): Promise<FuzzInput[]> {
  const link = { bytes: strToU8(await encodeBench(result())), read: (bytes: Uint8Array) => readLink(text(bytes)) };
  return [link, { bytes: writeBench(result()), read: readBench }];
}

export const RUN_CASES: readonly FuzzCase[] = [
  {
    name: 'run-record',
    source: 'written here',
    names: /run\.json/,
    inputs: () => [
      { bytes: strToU8(encodeRecord(run())), read: (bytes) => readRecord(text(bytes)) },
      {
        bytes: strToU8(JSON.stringify({ 'training.lr': 0.05, 'model.layers': 3, 'sampling.fanOut': [10, 5] })),
        read: (bytes) => decodeConfigFile(text(bytes), 'run.json'),
      },
    ],
  },
  {
    name: 'link-settings',
    source: 'written here',
    names: /this link/,
    inputs: () =>
      [1, 2, 3].map((seed) => {
        const config = randomConfig(randomFrom(seed), 0.3);
        const dataset = { catalogueId: 'cora', fingerprint: null };
        const hash = encodeHash({ dataset, preset: 'planetoid-gcn', config });
        return { bytes: strToU8(hash), read: (bytes) => readLink(text(bytes)) };
      }),
  },
  { name: 'checkpoint', source: 'written here', names: /run\.ckpt/, inputs: checkpointInputs },
  { name: 'link-sealed', source: 'written here', names: /this link/, inputs: sealedInputs },
  {
    name: 'benchmark-file',
    source: 'written here',
    names: /result\.json/,
    inputs: () => {
      const bytes = strToU8(encodeResults([result(), exampleKernels(randomFrom(9))]));
      return [{ bytes, read: (bytes) => readResults(text(bytes)) }];
    },
  },
  { name: 'link-benchmark', source: 'written here', names: /this link/, inputs: benchmarkInputs },
];
