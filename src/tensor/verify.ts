import type { Dispatch, Launch, Step } from './op.ts';
import { PARAMETER_WORDS, type Placement, type Plan, pieceKey, WORKGROUP } from './plan.ts';
import { overlap } from './slots.ts';

/**
 * Checks a plan against the rules that WebGPU enforces at run time and those that nothing enforces. Returns one sentence
 * per violation; an empty list means the plan is sound. Every plan of the tests goes through here, and `sabotage` tests
 * show that each rule fires.
 */
export function verifyPlan(plan: Plan): string[] {
  return [
    ...lives(plan),
    ...sharedBuffers(plan),
    ...bufferSizes(plan),
    ...bindings(plan),
    ...initialised(plan),
    ...grids(plan),
  ];
}

/**
 * Every use lies within the life that the plan states, or else the lives that `sharedBuffers` compares mean nothing. The
 * host writes a value of each step before the routine that uses it: it lives from the routine's start.
 */
function lives(plan: Plan): string[] {
  const faults: string[] = [];
  const places = new Map(plan.placements.map((placement) => [pieceKey(placement.piece), placement]));
  let at = 0;
  for (const [routine, dispatches] of Object.entries(plan.routines)) {
    const start = at;
    for (const { kernel, reads, writes } of dispatches) {
      for (const piece of [...Object.values(reads), ...Object.values(writes)]) {
        const place = places.get(pieceKey(piece));
        const needed = piece.value.lifetime === 'step' ? start : at;
        if (place && (place.from > needed || place.to < at)) {
          faults.push(`${routine}: ${kernel} uses ${piece.value.name} outside its life`);
        }
      }
      at++;
    }
  }
  return faults;
}

/** No two values that live at the same time are in the same buffer. */
function sharedBuffers(plan: Plan): string[] {
  const faults: string[] = [];
  const byBuffer = new Map<number, Placement[]>();
  for (const placement of plan.placements) {
    const others = byBuffer.get(placement.buffer) ?? [];
    for (const other of others) {
      if (overlap(placement, other)) {
        faults.push(
          `${placement.piece.value.name} and ${other.piece.value.name} overlap in buffer ${placement.buffer}`,
        );
      }
    }
    byBuffer.set(placement.buffer, [...others, placement]);
  }
  return faults;
}

function bufferSizes(plan: Plan): string[] {
  const faults: string[] = [];
  for (const { piece, bytes, buffer } of plan.placements) {
    if (bytes > plan.buffers[buffer].bytes) faults.push(`${piece.value.name} does not fit its buffer`);
    if (bytes > plan.limits.maxStorageBufferBindingSize) faults.push(`${piece.value.name} is over the binding limit`);
  }
  for (const { bytes, label } of plan.buffers) {
    if (bytes > plan.limits.maxBufferSize) faults.push(`${label} is over maxBufferSize`);
    if (bytes === 0 || bytes % 4 !== 0) faults.push(`${label} has ${bytes} bytes`);
  }
  return faults;
}

/** No buffer is bound read-only and writable, or writable twice, in one dispatch; few enough bindings. */
function bindings(plan: Plan): string[] {
  const faults: string[] = [];
  const bufferOf = new Map(plan.placements.map((placement) => [pieceKey(placement.piece), placement.buffer]));
  for (const dispatch of Object.values(plan.routines).flat()) {
    const reads = Object.values(dispatch.reads).map((piece) => bufferOf.get(pieceKey(piece)));
    const writes = Object.values(dispatch.writes).map((piece) => bufferOf.get(pieceKey(piece)));
    if ([...reads, ...writes].includes(undefined)) faults.push(`${dispatch.kernel} binds a value without a place`);
    if (writes.some((buffer) => reads.includes(buffer))) faults.push(`${dispatch.kernel} reads and writes one buffer`);
    if (new Set(writes).size < writes.length) faults.push(`${dispatch.kernel} binds one buffer writable twice`);
    const count = reads.length + writes.length;
    if (count > plan.limits.maxStorageBuffersPerShaderStage) faults.push(`${dispatch.kernel} has ${count} bindings`);
  }
  return faults;
}

/** Every transient value is written before it is read, in the same routine. */
function initialised(plan: Plan): string[] {
  const faults: string[] = [];
  for (const [routine, dispatches] of Object.entries(plan.routines)) {
    const written = new Set<string>();
    for (const dispatch of dispatches) {
      for (const piece of Object.values(dispatch.reads)) {
        if (piece.value.lifetime === 'transient' && !written.has(pieceKey(piece))) {
          faults.push(`${routine}: ${dispatch.kernel} reads ${piece.value.name} before anything wrote it`);
        }
      }
      for (const piece of Object.values(dispatch.writes)) written.add(pieceKey(piece));
    }
  }
  return faults;
}

/** At the capacity, every grid is within the device's two dimensions. */
function grids(plan: Plan): string[] {
  const most = plan.limits.maxComputeWorkgroupsPerDimension;
  const faults: string[] = [];
  for (const dispatch of Object.values(plan.routines).flat()) {
    const { threads, params } = launchAtCapacity(plan, dispatch);
    // Written so that NaN, from a size or scalar that is missing, is a fault too.
    if (!(Math.ceil(threads / WORKGROUP) <= most * most && threads <= 2 ** 32)) {
      faults.push(`${dispatch.kernel} launches ${threads} threads`);
    }
    const lacking = Object.entries(params).filter(([, value]) => !Number.isFinite(value));
    for (const [name] of lacking) faults.push(`${dispatch.kernel} gets no number for ${name}`);
    const count = Object.keys(params).length;
    if (count > PARAMETER_WORDS)
      faults.push(`${dispatch.kernel} has ${count} parameters, more than ${PARAMETER_WORDS}`);
  }
  return faults;
}

/** What a dispatch launches with the largest sizes of its plan and ordinary scalars, as the first part of a first batch. */
export function launchAtCapacity(plan: Plan, dispatch: Dispatch): Launch {
  return dispatch.at(stepAtCapacity(plan));
}

export function stepAtCapacity(plan: Plan): Step {
  const scalars = {
    lr: 0.01,
    weightDecay: 0,
    weightDecayLinear: 0,
    momentum: 0.9,
    clip: 1,
    dropout: 0.5,
    attentionDropout: 0.5,
    lossScale: 1,
    step: 1,
    first: 1,
    firstPart: 1,
  };
  return { sizes: plan.capacity, scalars, key: [0, 0] };
}
