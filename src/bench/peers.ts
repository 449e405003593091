import type { DeviceInfo } from '../run/record.ts';
import type { Backend } from '../train/target.ts';
import { openTrainer } from '../train/trainer.ts';
import { CASES, type PeerCase, type PeerInput, peerInput, type Rival } from './peerCases.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal } from './suite.ts';

/**
 * One training step (forward, backward, update) of two-layer models, ours and others', in one process on one adapter: the same
 * number of steps between synchronisations, each timed to completion, after a warm-up. What is held against each other ran in the
 * same minutes.
 */

/** What bench/peers asks of a peer. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly formulation: string;
  /** Trains, waits for completion, gives the loss of the last step. */
  run(steps: number): Promise<number>;
  dispose(): void;
}

/** The product of two square matrices, by itself. */
export interface GemmPeer extends Pick<Peer, 'name' | 'version' | 'formulation' | 'dispose'> {
  /** Multiplies so often and waits for completion. */
  run(times: number): Promise<void>;
}

/** A peer that can be opened in this process; on WebAssembly it is held against our CPU executor. */
export interface BrowserPeer {
  readonly name: string;
  readonly rival: Rival;
  readonly on: Backend['kind'];
  open(): Promise<Peer>;
}

/** One of the peers that a Python script has timed. */
export interface PythonPeer {
  readonly name: string;
  /** PyTorch Geometric without compilation. */
  readonly pygEager: boolean;
  readonly msPerStep: readonly number[];
}

/** Peers in this process, on the same adapter or processor, and those in Python. Of what is missing they say why, a line each. */
export interface PeerSource {
  open(input: PeerInput): Promise<{ readonly peers: readonly BrowserPeer[]; readonly missing: readonly string[] }>;
  /** @param side of the matrices */
  gemm(side: number): Promise<(() => Promise<GemmPeer>)[]>;
  python(input: PeerInput): Promise<{ readonly peers: readonly PythonPeer[]; readonly missing: readonly string[] }>;
}

/** Steps between synchronisations, equal for all whose step takes less than `SLOW` ms; beside more, a synchronisation is nothing. */
export const STEPS = 5;
const SLOW = 2000;
/** A slow peer is stopped after so many seconds, but not before so many samples. */
export const WARM_UP = { most: 3, seconds: 15, least: 1 };
export const SAMPLES = { most: 20, seconds: 60, least: 3 };

/** A measured row, whose it is, and where it ran. */
interface Timed {
  readonly row: BenchRow;
  readonly by: 'edgewise' | 'other' | Rival;
  readonly on: Backend['kind'];
}

export async function peers(context: BenchContext, source: PeerSource) {
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const notes: string[] = [];
  const ratios: Record<string, number> = {};
  const devices: DeviceInfo[] = [];
  for (const one of CASES.filter(({ name }) => name.includes(context.only ?? ''))) {
    const timed: Timed[] = [];
    const tell = (name: string, samples: readonly number[], by: Timed['by'], on: Timed['on']) => {
      const row = { name: `${one.name}: ${name}`, unit: 'ms per step', ...medianInterval(samples) };
      context.progress(`${row.name}: ${row.median.toFixed(2)} ms`);
      timed.push({ row, by, on });
    };
    const miss = (text: string) => {
      context.progress(`${one.name}: ${text}`);
      notes.push(`${one.name}: ${text}`);
    };
    devices.push(...(await measure(one, context, source, tell, miss)));
    rows.push(...timed.map(({ row }) => row));
    Object.assign(ratios, ratiosOf(timed));
    goals.push(...goalsOf(one, timed));
  }
  return { device: devices[0], rows, ratios, goals, notes };
}

async function measure(
  { model, open }: PeerCase,
  context: BenchContext,
  source: PeerSource,
  tell: (name: string, samples: readonly number[], by: Timed['by'], on: Timed['on']) => void,
  miss: (text: string) => void,
): Promise<DeviceInfo[]> {
  const { graph, config } = await open(context);
  const input = peerInput(model, graph, config);
  const devices: DeviceInfo[] = [];
  for (const backend of context.backends) {
    const trainer = await openTrainer({ graph, config, backend, fit: false });
    try {
      tell(`edgewise, ${backend.kind}`, await timeSteps((steps) => trainer.run(steps)), 'edgewise', backend.kind);
      devices.push(trainer.device);
    } finally {
      trainer.close();
    }
  }
  const browser = await source.open(input);
  browser.missing.forEach(miss);
  for (const { name, rival, on, open: openPeer } of browser.peers) {
    let peer: Peer | undefined;
    try {
      peer = await openPeer();
      const { run } = peer;
      tell(`${peer.name} ${peer.version} (${peer.formulation})`, await timeSteps(run), rival, on);
    } catch (error) {
      miss(`${name}: left out, ${error instanceof Error ? error.message : error}`);
    } finally {
      peer?.dispose();
    }
  }
  const python = await source.python(input);
  python.missing.forEach(miss);
  for (const { name, pygEager, msPerStep } of python.peers)
    tell(name, msPerStep, pygEager ? 'pygEager' : 'other', 'cpu');
  return devices;
}

/** Milliseconds per step, each sample timed to completion. */
async function timeSteps(run: (steps: number) => Promise<unknown>): Promise<number[]> {
  const collect = async (steps: number, { most, seconds, least }: typeof SAMPLES) => {
    const begun = performance.now();
    const samples: number[] = [];
    while (samples.length < least || (samples.length < most && performance.now() - begun < 1000 * seconds)) {
      const from = performance.now();
      await run(steps);
      samples.push((performance.now() - from) / steps);
    }
    return samples;
  };
  // The first one compiles, the second one tells how long they take.
  await run(1);
  const [first] = await collect(1, { most: 1, seconds: 0, least: 1 });
  if (first > SLOW) return collect(1, SAMPLES);
  await collect(STEPS, WARM_UP);
  return collect(STEPS, SAMPLES);
}

const own = (timed: readonly Timed[], kind: Backend['kind']) =>
  timed.find(({ by, on }) => by === 'edgewise' && on === kind)?.row;

/** How many times slower each of the others is than ours on the backend that it shares. */
function ratiosOf(timed: readonly Timed[]): Record<string, number> {
  return Object.fromEntries(
    timed.flatMap(({ row, by, on }) => {
      const mine = own(timed, on);
      return by === 'edgewise' || !mine ? [] : [[`${row.name} / edgewise, ${on}`, row.median / mine.median]];
    }),
  );
}

/** Held against the fastest of the rivals. Where nobody was there, nothing is judged. */
function goalsOf({ name, goals }: PeerCase, timed: readonly Timed[]): Goal[] {
  return goals.flatMap(({ text, rival, on, unit, most, least }) => {
    const rivals = timed.filter((one) => one.by === rival && one.on === on);
    const mine = own(timed, on);
    if (!mine || rivals.length === 0) return [];
    const best = Math.min(...rivals.map(({ row }) => row.median));
    const value = most === undefined ? best / mine.median : mine.median / best;
    const met = most === undefined ? value >= least! : value <= most;
    return [{ name: `${name}, ${text}`, unit, most, least, value, met }];
  });
}
