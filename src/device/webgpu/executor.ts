import { DeviceError } from '../../config/errors.ts';
import type { DeviceInfo } from '../../run/record.ts';
import type { Dispatch, Step } from '../../tensor/op.ts';
import {
  BULK,
  PARAMETER_BLOCKS,
  type Placement,
  type Plan,
  parameterStride,
  pieceKey,
  RESULTS,
  UNIFORMS,
} from '../../tensor/plan.ts';
import { evaluate, type Value } from '../../tensor/value.ts';
import type { Executor, HostArray } from '../executor.ts';
import { packHalves, unpackHalves } from '../half.ts';
import { numberBytes, padRows, placementsOf, rowWords, sameLayout, unpadRows } from '../layout.ts';
import type { Ledger } from '../ledger.ts';
import { type Tiling, tilingKey } from '../tiling.ts';
import { allocate } from './allocator.ts';
import { newAutotune } from './autotune.ts';
import { watchDevice } from './deviceWatch.ts';
import { newPipelines, type Prepared, prepareAll, workgroupSize, workgroupsOf } from './pipelines.ts';
import { newProfiler, type Timing } from './profiler.ts';
import { writeParams } from './uniforms.ts';

/**
 * Runs a plan on WebGPU. Pipelines and bind groups are made once; a step writes one block of parameters (each dispatch has
 * its slice, and for each block a bind group) and encodes its dispatches. Small steps are joined in one submit, long ones are
 * cut at about 200 ms, because browsers end long GPU work; a run waits until at most two submits are in flight (its own parts
 * aside), because a deep queue makes every step slower.
 */

const CUT_MS = 200;
const JOIN_MS = 4;
const SUBMITS_IN_FLIGHT = 2;
/** Rows are padded for upload in pieces of this many bytes. */
const UPLOAD_BYTES = 1024 ** 2;

export interface Options {
  /** Changes shader text; see `shaderModule`. */
  readonly edit?: (code: string) => string;
  /** Called after each buffer was allocated. */
  readonly onAllocate?: (ledger: Ledger) => void;
  /** The tiles that are known for this device. */
  readonly tiling?: Tiling;
  /** Where it is given, tiles that are not known are found out, added, and told. */
  readonly onTuned?: (tiling: Tiling) => void;
  /** Milliseconds that this may take. */
  readonly tuningBudgetMs?: number;
}

/** @throws DeviceError where a buffer is refused, DeviceLostError where the device goes away; so do all calls that follow */
export async function webgpuExecutor(
  device: GPUDevice,
  description: DeviceInfo,
  plan: Plan,
  options: Options = {},
): Promise<Executor> {
  const watch = watchDevice(device);
  const { check } = watch;
  const refused = (error: unknown): Promise<never> => {
    watch.release();
    return watch.failed(error as Error);
  };
  const allocation = await allocate(device, plan, { ...options, wait: watch.unlessLost }).catch(refused);
  const bufferOf = new Map(plan.placements.map((p) => [pieceKey(p.piece), allocation.buffers[p.buffer]]));
  const labelled = (label: string) => allocation.buffers.filter((_, i) => plan.buffers[i].label === label);
  const [uniforms] = labelled(UNIFORMS);
  const staging = labelled(RESULTS).map((buffer) => ({ buffer, busy: false }));
  const [bulk] = labelled(BULK);
  const { tiling = {}, edit } = options;
  const pipelines = newPipelines(device, plan, bufferOf, uniforms, workgroupSize(description), tiling, edit);
  const prepared = await watch.unlessLost(prepareAll(plan, pipelines)).catch((error) => {
    allocation.destroy();
    return refused(error);
  });

  const waitForAll = () => watch.unlessLost(device.queue.onSubmittedWorkDone()).catch(watch.workFailed);
  const { onTuned, tuningBudgetMs: budgetMs } = options;
  const autotune =
    onTuned &&
    newAutotune({
      ...{ device, plan, pipelines, prepared, uniforms, tiling, onTuned, budgetMs },
      ...{ software: description.software, wait: waitForAll },
    });
  const profiler = newProfiler(device, plan, allocation.buffers, watch);

  const stride = parameterStride(plan.limits);
  const longest = uniforms.size / PARAMETER_BLOCKS / stride;
  const parameters = new DataView(new ArrayBuffer(uniforms.size));
  let encoder: GPUCommandEncoder | null = null;
  let pass: GPUComputePassEncoder | null = null;
  let block = 0;
  let pendingWork = 0;
  /** Work units per millisecond, as measured; cautious until the first submit is done. */
  let speed = 100_000;
  let inFlight: Promise<number>[] = [];
  /** The last read under way: all of them pass through one staging buffer, so they take turns. */
  let reading: Promise<unknown> | null = null;

  const readBack = (stage: GPUBuffer, bytes: number) =>
    watch
      .unlessLost(stage.mapAsync(GPUMapMode.READ, 0, bytes))
      .catch(() =>
        watch.failed(new DeviceError('the results could not be read back from the device; run again, or on the CPU')),
      );

  /** Submits what is pending. */
  function flush(): void {
    if (!encoder) {
      // Steps that launched nothing have taken blocks all the same.
      block = 0;
      return;
    }
    pass?.end();
    const commands = encoder.finish();
    const used = block * longest * stride;
    if (used > 0) device.queue.writeBuffer(uniforms, 0, parameters.buffer, 0, used);
    const work = pendingWork;
    const started = performance.now();
    device.queue.submit([commands]);
    const finished = watch.unlessLost(device.queue.onSubmittedWorkDone()).catch(watch.workFailed);
    const done = finished.then(() => {
      const now = performance.now();
      inFlight = inFlight.filter((other) => other !== done);
      // A submit that waited behind another looks slower than it is: the estimate errs on the side of shorter submits.
      if (work > 0) speed = 0.5 * speed + 0.5 * (work / Math.max(0.05, now - started));
      return now;
    });
    inFlight.push(done);
    encoder = null;
    pass = null;
    block = 0;
    pendingWork = 0;
  }

  /** Submits what is pending in the middle of a step: the parameters so far go with it, and the rest continues in the same block. */
  function cut(): void {
    const resume = block;
    block = resume + 1;
    flush();
    block = resume;
  }

  function encode(item: Prepared, dispatch: Dispatch, index: number, step: Step, timing: Timing | null): void {
    const launch = dispatch.at(step);
    const { work } = launch;
    if (launch.threads === 0) return;
    if (pendingWork > 0 && (pendingWork + work) / speed > CUT_MS) cut();
    const offset = (block * longest + index) * stride;
    writeParams(parameters, offset, item.params, launch);
    encoder ??= device.createCommandEncoder();
    if (timing) {
      pass?.end();
      pass = null;
    }
    pass ??= encoder.beginComputePass(timing?.pass(index));
    pass.setPipeline(item.pipeline);
    pass.setBindGroup(0, item.bindingsAt(offset));
    pass.dispatchWorkgroups(...workgroupsOf(launch, item, plan.limits));
    pendingWork += work;
  }

  async function readNow(value: Value): Promise<HostArray> {
    check();
    flush();
    const rows = evaluate(value.rows, plan.capacity);
    const out = value.dtype === 'f32' ? new Float32Array(rows * value.cols) : new Uint32Array(rows * value.cols);
    for (const placement of placementsOf(plan, value)) {
      const width = rowWords(placement) * numberBytes(placement);
      const most = Math.max(1, Math.floor(bulk.size / width));
      for (let row = 0; row < rows; row += most) {
        const count = Math.min(most, rows - row);
        const copy = device.createCommandEncoder();
        copy.copyBufferToBuffer(allocation.buffers[placement.buffer], row * width, bulk, 0, count * width);
        device.queue.submit([copy.finish()]);
        await readBack(bulk, count * width);
        const bytes = bulk.getMappedRange(0, count * width);
        unpadRows(numbersIn(bytes, placement), placement, row, count, out);
        bulk.unmap();
      }
    }
    return out;
  }

  const executor: Executor = {
    ledger: allocation.ledger,
    description,

    write(value, data) {
      check();
      flush();
      for (const placement of placementsOf(plan, value)) {
        const buffer = allocation.buffers[placement.buffer];
        if (sameLayout(placement)) {
          device.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
          continue;
        }
        const rows = data.length / value.cols;
        const width = rowWords(placement) * numberBytes(placement);
        const most = Math.max(1, Math.floor(UPLOAD_BYTES / width));
        for (let row = 0; row < rows; row += most) {
          const part = padRows(data, placement, row, Math.min(most, rows - row));
          const bytes = placement.half ? halved(part as Float32Array) : part;
          device.queue.writeBuffer(buffer, row * width, bytes.buffer as ArrayBuffer);
        }
      }
    },

    async run(routine, step) {
      check();
      const tuning = autotune?.first(routine);
      const timing = profiler?.time(routine) ?? null;
      for (const [i, dispatch] of plan.routines[routine].entries()) {
        if (tuning?.awaits(dispatch)) {
          cut();
          await tuning.decide(dispatch, step);
          check();
        }
        encode(prepared[routine][i], dispatch, i, step, timing);
      }
      tuning?.done();
      block++;
      if (timing) {
        pass?.end();
        pass = null;
        if (encoder) timing.resolve(encoder);
        flush();
        await timing.collect();
      } else if (block === PARAMETER_BLOCKS || pendingWork / speed > JOIN_MS) flush();
      while (inFlight.length > SUBMITS_IN_FLIGHT) await inFlight[0];
      check();
    },

    async done() {
      flush();
      const time = (await inFlight.at(-1)) ?? performance.now();
      check();
      return time;
    },

    // Not async: the copy must take its place in the queue before the caller goes on.
    results() {
      check();
      const stage = staging.find(({ busy }) => !busy);
      if (!stage) throw new Error(`at most ${staging.length} results can be under way at once`);
      stage.busy = true;
      encoder ??= device.createCommandEncoder();
      pass?.end();
      pass = null;
      const parts = resultPlacements(plan);
      let offset = 0;
      for (const part of parts) {
        encoder.copyBufferToBuffer(allocation.buffers[part.buffer], 0, stage.buffer, offset, part.bytes);
        offset += part.bytes;
      }
      flush();
      return readBack(stage.buffer, offset).then(() => {
        const results = splitResults(parts, stage.buffer.getMappedRange(0, offset));
        stage.buffer.unmap();
        stage.busy = false;
        return results;
      });
    },

    read(value) {
      // At once where none is under way: the copy must take its place in the queue before the caller goes on.
      const turn = reading ? reading.then(() => readNow(value)) : readNow(value);
      const settled = turn.then(
        () => {},
        () => {},
      );
      reading = settled;
      settled.then(() => {
        if (reading === settled) reading = null;
      });
      return turn;
    },

    tiles() {
      const ran = Object.entries(plan.routines).flatMap(([routine, list]) =>
        list.flatMap((dispatch, i) => {
          const key = tilingKey(dispatch, plan.capacity);
          const { tile } = prepared[routine][i];
          return key === null || tile === dispatch.tiles![0] ? [] : [[key, tile!.name] as const];
        }),
      );
      return Object.fromEntries(ran.sort(([a], [b]) => (a < b ? -1 : 1)));
    },

    tunedMs: () => autotune?.spent() ?? 0,

    ...(profiler ? { profile: { start: profiler.start, stop: profiler.stop } } : {}),

    destroy() {
      watch.release();
      profiler?.destroy();
      allocation.destroy();
    },
  };
  return executor;
}

function halved(numbers: Float32Array): Uint16Array {
  const out = new Uint16Array(numbers.length);
  packHalves(numbers, out);
  return out;
}

function numbersIn(bytes: ArrayBuffer, { piece, half }: Placement): Float32Array | Uint32Array {
  if (piece.value.dtype === 'u32') return new Uint32Array(bytes);
  if (!half) return new Float32Array(bytes);
  const out = new Float32Array(bytes.byteLength / 2);
  unpackHalves(new Uint16Array(bytes), out);
  return out;
}

function resultPlacements(plan: Plan): readonly Placement[] {
  return plan.results.flatMap((value) => placementsOf(plan, value));
}

function splitResults(parts: readonly Placement[], bytes: ArrayBuffer): Map<Value, HostArray> {
  const results = new Map<Value, HostArray>();
  let offset = 0;
  for (const part of parts) {
    const { value } = part.piece;
    const words = value.dtype === 'f32' ? Float32Array : Uint32Array;
    const out = new words((value.rows as number) * value.cols);
    unpadRows(new words(bytes, offset, part.bytes / 4), part, 0, value.rows as number, out);
    results.set(value, out);
    offset += part.bytes;
  }
  return results;
}
