import { stageName } from '../../tensor/fusedName.ts';
import type { Dispatch, Launch, Step } from '../../tensor/op.ts';
import { PARAMETER_WORDS, type Plan } from '../../tensor/plan.ts';
import { type Tile, tilesFor } from '../../tensor/tiles.ts';
import { launchAt, type Tiling, tilingKey } from '../tiling.ts';
import { type Pipelines, type Prepared, workgroupsOf } from './pipelines.ts';
import { writeParams } from './uniforms.ts';

/**
 * Autotune: a kernel that has several tiles runs in each of them, and the device keeps the fastest. It happens while a routine runs for
 * the first time, before each dispatch in its turn: only then do its operands hold what they will hold, and only then may its results
 * be written, because values share buffers and a batch may lie where a later result will. Nothing is allocated for it.
 *
 * A kernel at a shape is decided once: what there was no time for keeps its first tile. All tiles add up in one order, but compilers
 * may contract or reorder each of them in their own way, and repeating a run is to give the same bits.
 */

/** Multiply-adds and words below which a launch takes as long as starting it. */
const LEAST_WORK = 2 ** 17;
/** A sample lasts at least so long: browsers round times, and waiting for the device takes some. */
const SAMPLE_MS = 2;
const MOST_REPEATS = 128;
const ROUNDS = 3;
/** A tile that took so many times as long as another is not timed again: it would take most of the budget. */
const HOPELESS = 1.5;
/** Only a tile that takes at most this share of the time is worth leaving the first one for. */
const WORTH = 0.95;
/** What a run may spend before it begins with another kernel: nobody waits long for a first epoch. */
const BUDGET_MS = 600;

export interface Autotune {
  /** What is to be decided while the routine runs; null where it has run before. */
  first(routine: string): FirstRun | null;
  /** Milliseconds that all of it took. */
  spent(): number;
}

export interface FirstRun {
  /** Whether it is open in which tile the dispatch is to run. */
  awaits(dispatch: Dispatch): boolean;
  /** Decides that, in its turn: all that comes before it has been submitted. */
  decide(dispatch: Dispatch, step: Step): Promise<void>;
  /** After the last dispatch. */
  done(): void;
}

interface Tuned {
  readonly device: GPUDevice;
  readonly plan: Plan;
  readonly pipelines: Pipelines;
  /** All dispatches of the plan; tuned ones are replaced. */
  readonly prepared: Readonly<Record<string, Prepared[]>>;
  readonly uniforms: GPUBuffer;
  /** What is known; what is found out is added. */
  readonly tiling: Tiling;
  /** Resolves when all that was submitted is done. */
  wait(): Promise<void>;
  onTuned(tiling: Tiling): void;
  readonly budgetMs?: number;
  /** Of the adapter. */
  readonly software: boolean;
}

/** The launch with what its stages change left as it is: that must not happen more often than once. */
function holding({ tail }: Dispatch, launch: Launch): Launch {
  const held = (tail?.stages ?? []).flatMap(({ dispatch: { writes } }, i) =>
    writes.out ? [] : [[stageName('hold', i + 1), 1] as const],
  );
  return held.length > 0 ? { ...launch, params: { ...launch.params, ...Object.fromEntries(held) } } : launch;
}

export function newAutotune({
  device,
  plan,
  pipelines,
  prepared,
  uniforms,
  tiling,
  wait,
  onTuned,
  budgetMs = BUDGET_MS,
  software,
}: Tuned): Autotune {
  const visited = new Set<string>();
  let spent = 0;

  /** Milliseconds of so many launches in a row. */
  async function time(prepared: Prepared, launch: Launch, times: number) {
    const block = new DataView(new ArrayBuffer(4 * PARAMETER_WORDS));
    writeParams(block, 0, prepared.params, launch);
    device.queue.writeBuffer(uniforms, 0, block.buffer);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(prepared.pipeline);
    pass.setBindGroup(0, prepared.bindingsAt(0));
    const groups = workgroupsOf(launch, prepared, plan.limits);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...groups);
    pass.end();
    await wait();
    const begun = performance.now();
    device.queue.submit([encoder.finish()]);
    await wait();
    return performance.now() - begun;
  }

  async function fastest(dispatch: Dispatch, launch: Launch): Promise<Tile> {
    const subgroups = device.features.has('subgroups');
    const tiles = tilesFor(dispatch.tiles!, launch.covers!, { software, subgroups });
    const candidates = await Promise.all(tiles.map((tile) => pipelines.prepare(dispatch, tile)));
    const [first] = candidates;
    let times = 1;
    // The first launch of each is a warm-up.
    for (const candidate of candidates) await time(candidate, launch, 1);
    while (times < MOST_REPEATS && (await time(first, launch, times)) < SAMPLE_MS) times *= 2;
    const least = candidates.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < ROUNDS; round++) {
      const bound = HOPELESS * Math.min(...least);
      for (const [i, candidate] of candidates.entries()) {
        if (least[i] > bound) continue;
        least[i] = Math.min(least[i], await time(candidate, launch, times));
      }
    }
    const best = least.indexOf(Math.min(...least));
    return tiles[least[best] <= WORTH * least[0] ? best : 0];
  }

  const keyOf = (dispatch: Dispatch) => tilingKey(dispatch, plan.capacity);
  const open = (dispatch: Dispatch) => {
    const key = keyOf(dispatch);
    return key === null || key in tiling || launchAt(dispatch, plan.capacity).work < LEAST_WORK ? null : key;
  };

  /** A kernel at a shape may be launched more than once, and in other routines too. */
  async function prepareAgain(key: string): Promise<void> {
    for (const [name, list] of Object.entries(plan.routines)) {
      for (const [i, dispatch] of list.entries()) {
        if (keyOf(dispatch) === key) prepared[name][i] = await pipelines.prepare(dispatch, pipelines.tileOf(dispatch));
      }
    }
  }

  return {
    first(routine) {
      if (visited.has(routine)) return null;
      visited.add(routine);
      const works = new Map<string, number>();
      for (const dispatch of plan.routines[routine]) {
        const key = open(dispatch);
        if (key !== null) works.set(key, launchAt(dispatch, plan.capacity).work);
      }
      const total = [...works.values()].reduce((sum, work) => sum + work, 0);
      const before = spent;
      let passed = 0;
      return {
        awaits: (dispatch) => open(dispatch) !== null,

        async decide(dispatch, step) {
          const started = performance.now();
          const key = open(dispatch)!;
          passed += works.get(key)!;
          const launch = holding(dispatch, dispatch.at(step));
          // Each has a share of the time for its work, and what those before it have left.
          const inTime = spent - before <= (budgetMs - before) * (passed / total);
          // What adds to its own output must not run twice.
          const tries = inTime && launch.threads > 0 && launch.params.accumulate !== 1;
          tiling[key] = (tries ? await fastest(dispatch, launch) : dispatch.tiles![0]).name;
          await prepareAgain(key);
          spent += performance.now() - started;
        },

        done() {
          if (works.size > 0) onTuned(tiling);
        },
      };
    },

    spent: () => spent,
  };
}
