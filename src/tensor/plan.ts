import { flowName, withHalves } from './fusedName.ts';
import type { Dispatch, LowerContext, OpGraph, Piece } from './op.ts';
import { type Panel, panelsOf } from './panels.ts';
import { fuse } from './passes/fuse.ts';
import { type HalfBinding, halfValues } from './passes/half.ts';
import { joinLoss } from './passes/joinLoss.ts';
import { assignSlots } from './slots.ts';
import { bufferBytes, evaluate, type Purpose, padded, type Sizes, stride, type Value } from './value.ts';

/**
 * The plan: every buffer and every dispatch of a program, known before the first one runs. Pure: a function of the op graph,
 * the capacity and the device's limits. The executors allocate exactly `buffers`, once; the forecast is their sum.
 */
export interface Plan {
  readonly capacity: Sizes;
  readonly routines: Readonly<Record<string, readonly Dispatch[]>>;
  readonly buffers: readonly PlannedBuffer[];
  /** Every piece with its place and its life, for the executors, the verifier and the picture. */
  readonly placements: readonly Placement[];
  readonly limits: Limits;
  /** Bytes of all buffers: the exact peak on the device. */
  readonly bytes: number;
  /** Small values that are read back together, every reporting interval. */
  readonly results: readonly Value[];
}

export interface PlannedBuffer {
  readonly bytes: number;
  readonly purpose: Purpose;
  readonly label: string;
}

export interface Placement {
  readonly piece: Piece;
  readonly panel: Panel;
  readonly bytes: number;
  /** Its numbers have 16 bits. */
  readonly half: boolean;
  /** Index into `buffers`. */
  readonly buffer: number;
  /** Keeps its buffer for itself as long as the plan lives. */
  readonly resident: boolean;
  /** First and last dispatch on the timeline of all routines, one after the other; resident pieces span all of it. */
  readonly from: number;
  readonly to: number;
}

/** What a plan must know of a device; all are WebGPU's names. */
export interface Limits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/** What every WebGPU device has: https://www.w3.org/TR/webgpu/#limits */
export const DEFAULT_LIMITS: Limits = {
  maxStorageBufferBindingSize: 128 * 1024 ** 2,
  maxBufferSize: 256 * 1024 ** 2,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBuffersPerShaderStage: 8,
  minUniformBufferOffsetAlignment: 256,
};

/** Steps whose parameter blocks fit side by side, so that as many can be joined in one submit. */
export const PARAMETER_BLOCKS = 4;
/** Read-backs of results that may be under way at once: one more than the submits in flight. */
export const RESULT_STAGING = 3;
/** Large read-backs (weights, logits) pass through one staging buffer of at most this size. */
const BULK_STAGING = 256 * 1024;
/** Fewest invocations per workgroup that an executor may choose: a plan's grids are checked for it. */
export const WORKGROUP = 64;

/**
 * @param results small value that is read back every reporting interval
 * @param readable further values that are read back now and then; a transient one gets a buffer of its own
 */
export interface Program {
  readonly graph: OpGraph;
  readonly capacity: Sizes;
  readonly results: readonly Value[];
  readonly readable: readonly Value[];
}

export interface PlanOptions {
  /** Elementwise work joins the dispatch that computes what it works on; see passes/fuse.ts. */
  readonly fuse?: boolean;
  /** Values are kept in half precision where all their bindings can be; see passes/half.ts. */
  readonly half?: HalfBinding;
  /** Every value gets a buffer of its own, as if nothing was known about lives. */
  readonly apart?: boolean;
  /** A device may choose among the tiles of a kernel; otherwise it takes the first. */
  readonly tiles?: boolean;
  /** Makes room for timing single dispatches on the device. */
  readonly timestamps?: boolean;
}

export function makePlan(program: Program, limits: Limits, options: PlanOptions = {}): Plan {
  const { graph, capacity } = program;
  const limit = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const panels = new Map<Value, readonly Panel[]>();
  const panelsFor = (value: Value) => {
    let list = panels.get(value);
    if (!list) {
      list = panelsOf(value, capacity, limit);
      panels.set(value, list);
    }
    return list;
  };

  const lowered: Record<string, Dispatch[]> = {};
  let scratchId = graph.values.length;
  for (const node of graph.nodes) {
    const context: LowerContext = {
      capacity,
      panels: panelsFor,
      scratch(name, dtype, words) {
        const value: Value = {
          id: scratchId++,
          name,
          dtype,
          rows: words,
          cols: 1,
          layout: 'packed',
          lifetime: 'transient',
          purpose: 'activations',
        };
        return { value, panel: 0 };
      },
    };
    lowered[node.routine] ??= [];
    lowered[node.routine].push(...node.op.lower(node, context));
  }
  const asked = [...program.results, ...program.readable];
  const half = options.half ? halfValues(Object.values(lowered).flat(), asked, options.half) : new Set<Value>();
  const fused = inHalves(options.fuse ? fuseRoutines(lowered, asked, limits) : lowered, half);
  const routines = options.tiles === false ? inFirstTiles(fused) : fused;

  // Liveness on one timeline: routines never run inside one another, so they share slots.
  const lives = new Map<string, { piece: Piece; from: number; to: number }>();
  const touch = (piece: Piece, from: number, to: number) => {
    const life = lives.get(pieceKey(piece));
    lives.set(pieceKey(piece), { piece, from: Math.min(from, life?.from ?? from), to });
  };
  // A value that nothing touches takes no memory, unless somebody will ask for it.
  for (const value of asked) for (const panel of panelsFor(value)) touch({ value, panel: panel.index }, 0, 0);
  let length = 0;
  for (const dispatches of Object.values(routines)) {
    const start = length;
    for (const { reads, writes } of dispatches) {
      for (const piece of [...Object.values(reads), ...Object.values(writes)]) {
        touch(piece, piece.value.lifetime === 'step' ? start : length, length);
      }
      length++;
    }
  }

  const buffers: PlannedBuffer[] = [];
  const placements: Placement[] = [];
  const sharing: Omit<Placement, 'buffer' | 'resident'>[] = [];
  for (const life of lives.values()) {
    const { value, panel: index } = life.piece;
    const panel = panelsFor(value)[index];
    const place = { panel, half: half.has(value), bytes: pieceBytes(value, panel, capacity, half.has(value)) };
    const { bytes } = place;
    if (value.lifetime !== 'persistent' && !asked.includes(value)) {
      sharing.push({ ...life, ...place });
    } else {
      const whole = { from: 0, to: Math.max(0, length - 1) };
      placements.push({ ...life, ...whole, ...place, buffer: buffers.length, resident: true });
      buffers.push({ bytes, purpose: value.purpose, label: value.name });
    }
  }
  const slots = options.apart ? sharing.map(({ bytes }, i) => ({ bytes, members: [i] })) : assignSlots(sharing);
  slots.forEach((slot, i) => {
    for (const member of slot.members) placements.push({ ...sharing[member], buffer: buffers.length, resident: false });
    buffers.push({ bytes: slot.bytes, purpose: 'activations', label: `slot ${i}` });
  });

  buffers.push(...serviceBuffers(program, routines, limits, placements, options));
  return {
    capacity,
    routines,
    buffers,
    placements,
    limits,
    bytes: buffers.reduce((sum, buffer) => sum + buffer.bytes, 0),
    results: program.results,
  };
}

/** A routine reads what another has left behind only in persistent values. */
function fuseRoutines(
  routines: Readonly<Record<string, readonly Dispatch[]>>,
  asked: readonly Value[],
  { maxStorageBuffersPerShaderStage }: Limits,
): Record<string, Dispatch[]> {
  const isKept = ({ value }: Piece) => value.lifetime !== 'transient' || asked.includes(value);
  const fused = Object.entries(routines).map(([name, dispatches]) => [
    name,
    fuse(joinLoss(dispatches, isKept), { isKept, maxBindings: maxStorageBuffersPerShaderStage }),
  ]);
  return Object.fromEntries(fused);
}

/** Kernels are those that read and store the values of `half` in half precision: their names say so. */
function inHalves(
  routines: Readonly<Record<string, readonly Dispatch[]>>,
  half: ReadonlySet<Value>,
): Record<string, Dispatch[]> {
  const halved = (dispatch: Dispatch): Dispatch => {
    const bindings = Object.entries({ ...dispatch.reads, ...dispatch.writes });
    const names = bindings.filter(([, { value }]) => half.has(value)).map(([name]) => name);
    // Rounded too where it flows: then fusion, and with it recomputation, changes nothing.
    dispatch.tail?.stages.forEach(({ dispatch: { reads }, operand }, i) => {
      if (half.has(reads[operand].value)) names.push(flowName(i + 1));
    });
    return { ...dispatch, kernel: withHalves(dispatch.kernel, names) };
  };
  return Object.fromEntries(Object.entries(routines).map(([name, list]) => [name, list.map(halved)]));
}

function inFirstTiles(routines: Readonly<Record<string, readonly Dispatch[]>>): Record<string, Dispatch[]> {
  const only = (dispatch: Dispatch): Dispatch => ({ ...dispatch, tiles: dispatch.tiles?.slice(0, 1) });
  return Object.fromEntries(Object.entries(routines).map(([name, list]) => [name, list.map(only)]));
}

export function pieceKey(piece: Piece): string {
  return `${piece.value.id}.${piece.panel}`;
}

function pieceBytes(value: Value, panel: Panel, capacity: Sizes, half: boolean): number {
  const rows = evaluate(value.rows, capacity);
  const width = value.layout === 'padded' ? padded(panel.cols) : stride(value);
  return bufferBytes((rows * width) / (half ? 2 : 1));
}

/** Words of one dispatch's parameters: a kernel alone has at most 16, a fused one the sum. */
export const PARAMETER_WORDS = 64;

/** Bytes from the parameters of one dispatch to those of the next: an offset that the device accepts. */
export function parameterStride(limits: Limits): number {
  return Math.max(4 * PARAMETER_WORDS, limits.minUniformBufferOffsetAlignment);
}

/** The buffers that are no values: parameters of the dispatches, staging for read-backs, times. */
function serviceBuffers(
  program: Program,
  routines: Readonly<Record<string, readonly Dispatch[]>>,
  limits: Limits,
  placements: readonly Placement[],
  { timestamps = false }: PlanOptions,
): PlannedBuffer[] {
  const longest = Math.max(0, ...Object.values(routines).map((dispatches) => dispatches.length));
  const bytesOf = (values: readonly Value[]) =>
    placements.filter(({ piece }) => values.includes(piece.value)).map(({ bytes }) => bytes);
  const results = bytesOf(program.results).reduce((sum, bytes) => sum + bytes, 0);
  const read = placements.filter(({ piece }) => [...program.results, ...program.readable].includes(piece.value));
  // At least one row, however wide: read-backs go row by row.
  const widest = Math.max(0, ...read.map(({ piece, panel }) => 4 * stride({ ...piece.value, cols: panel.cols })));
  const bulk = Math.min(Math.max(BULK_STAGING, widest), Math.max(0, ...read.map(({ bytes }) => bytes)));
  const staging = (bytes: number, label: string): PlannedBuffer[] =>
    bytes > 0 ? [{ bytes, purpose: 'staging', label }] : [];
  return [
    {
      bytes: Math.max(1, longest) * PARAMETER_BLOCKS * parameterStride(limits),
      purpose: 'uniforms',
      label: UNIFORMS,
    },
    ...Array.from({ length: RESULT_STAGING }, () => staging(results, RESULTS)).flat(),
    ...staging(bulk, BULK),
    ...(timestamps ? [TIMESTAMPS, TIMES_READ] : []).flatMap((label) => staging(longest * TIMESTAMP_BYTES, label)),
  ];
}

/** Labels of the service buffers, by which the executors find them. */
export const UNIFORMS = 'dispatch parameters';
export const RESULTS = 'result read-back';
export const BULK = 'bulk read-back';
export const TIMESTAMPS = 'kernel timestamps';
export const TIMES_READ = 'kernel timestamp read-back';

/** Of one dispatch: nanoseconds at its beginning and at its end, 64 bits each. */
export const TIMESTAMP_BYTES = 16;
