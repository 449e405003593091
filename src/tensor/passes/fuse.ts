import { appendStage, stageName, storedName } from '../fusedName.ts';
import type { Dispatch, Launch, Piece, Stage, Step } from '../op.ts';

/**
 * Fusion, a *rounding* pass: elementwise work (bias, activation, dropout, residual, scale and their gradients) joins the dispatch
 * that computes what it works on, so that this is neither stored nor read again; where somebody else reads it too, it is stored
 * on the way. The update of a parameter joins the dispatch that computes its gradient, which is stored all the same.
 * A compiler may contract a product and a sum across what was a store: that is all that may change a bit.
 *
 * It works on dispatches in the order in which they run, because there all pieces, and who reads them, are known.
 */
export interface FuseOptions {
  /** Pieces that somebody reads outside of these dispatches. */
  isKept(piece: Piece): boolean;
  /** Storage buffers that one dispatch may bind. */
  readonly maxBindings: number;
}

export function fuse(dispatches: readonly Dispatch[], options: FuseOptions): Dispatch[] {
  const routine: Routine = { list: [...dispatches], uses: new Map() };
  dispatches.forEach((_, at) => {
    enter(routine, at);
  });
  for (let at = 0; at < dispatches.length; at++) {
    const { elementwise: operands = [] } = dispatches[at];
    // Of several operands that could flow through, the one that was stored last: the others are there by then.
    const found = operands
      .map((operand) => fusion(routine, at, operand, options))
      .filter((candidate) => candidate !== null)
      .sort((a, b) => b.writers[0] - a.writers[0])[0];
    if (!found) continue;
    replace(routine, at, null);
    found.writers.forEach((writer, i) => {
      const place = { first: i === 0, last: i === found.writers.length - 1 };
      replace(routine, writer, withStage(routine.list[writer]!, found.stage, place));
    });
  }
  return routine.list.filter((dispatch) => dispatch !== null);
}

/** The dispatches so far, null where one has joined another, and who uses what. */
interface Routine {
  readonly list: (Dispatch | null)[];
  /** Places of the readers and writers of each piece. */
  readonly uses: Map<string, { readonly readers: Set<number>; readonly writers: Set<number> }>;
}

function usesOf({ uses }: Routine, piece: Piece) {
  const key = `${piece.value.id}.${piece.panel}`;
  let found = uses.get(key);
  if (!found) {
    found = { readers: new Set(), writers: new Set() };
    uses.set(key, found);
  }
  return found;
}

const inOrder = (places: ReadonlySet<number>) => [...places].sort((a, b) => a - b);

function enter(routine: Routine, at: number): void {
  const { reads, writes } = routine.list[at]!;
  for (const piece of pieces(reads)) usesOf(routine, piece).readers.add(at);
  for (const piece of pieces(writes)) usesOf(routine, piece).writers.add(at);
}

function replace(routine: Routine, at: number, dispatch: Dispatch | null): void {
  const { reads, writes } = routine.list[at]!;
  for (const piece of pieces(reads)) usesOf(routine, piece).readers.delete(at);
  for (const piece of pieces(writes)) usesOf(routine, piece).writers.delete(at);
  routine.list[at] = dispatch;
  if (dispatch) enter(routine, at);
}

/** The parameters of so many stages fit into a dispatch's block beside those of any kernel (tensor/plan.ts). */
const MOST_STAGES = 6;

interface Fusion {
  readonly writers: readonly number[];
  readonly stage: Stage;
}

/** How dispatch `at` can join those that store its operand, if it can. */
function fusion(routine: Routine, at: number, operand: string, { isKept, maxBindings }: FuseOptions): Fusion | null {
  const { list } = routine;
  const dispatch = list[at]!;
  const flowing = dispatch.reads[operand];
  const written = pieces(dispatch.writes);
  const uses = usesOf(routine, flowing);
  const writers = inOrder(uses.writers);
  const [first] = writers;
  if (first === undefined || !writers.every((writer) => writer < at && stores(list[writer]!, flowing))) return null;
  // Light and heavy rows of one aggregation store into one matrix. Other pairs of writers store parts of a row, or of a sum.
  const [{ kernel }, next] = writers.map((writer) => list[writer]!);
  const heavy = kernel.startsWith('aggregate.rows') && next?.kernel.startsWith('aggregate.merge');
  if (writers.length > (heavy ? 2 : 1)) return null;
  const others = Object.entries(dispatch.reads).filter(([name]) => name !== operand);
  // The work is done earlier than it was: what it reads must be there by then, nobody may need what it changes as it was before, and
  // nobody else may store what it stores.
  if (written.some((piece) => usesOf(routine, piece).writers.size > 1)) return null;
  if (written.some((piece) => inOrder(usesOf(routine, piece).readers).some((r) => first <= r && r < at))) return null;
  const missing = others.some(([, read]) =>
    inOrder(usesOf(routine, read).writers).some((writer) => first <= writer && writer < at),
  );
  if (missing) return null;
  const keeps = storesOut(dispatch) && (isKept(flowing) || inOrder(uses.readers).some((reader) => reader !== at));
  const stage: Stage = { dispatch, operand, kept: keeps ? flowing : null };
  const bindings = writers.map((writer) => {
    const fused = withStage(list[writer]!, stage, { first: true, last: true });
    return pieces(fused.reads).length + pieces(fused.writes).length;
  });
  // What is stored on the way must not be read by the same dispatch.
  if (others.some(([, read]) => same(read, flowing)) || Math.max(...bindings) > maxBindings) return null;
  if (writers.some((writer) => (list[writer]!.tail?.stages.length ?? 0) >= MOST_STAGES)) return null;
  return { writers, stage };
}

/** Whether a dispatch stores the piece as its `out`, all of it in one go. */
function stores({ storesOnce, writes }: Dispatch, piece: Piece): boolean {
  return storesOnce === true && writes.out !== undefined && same(writes.out, piece);
}

/** Whether it gives what is stored; else it changes what it writes, and what flows through is stored as it is. */
function storesOut({ writes }: Dispatch): boolean {
  return writes.out !== undefined;
}

function withStage(head: Dispatch, stage: Stage, place: { first: boolean; last: boolean }): Dispatch {
  const { dispatch, operand, kept } = stage;
  const stages = [...(head.tail?.stages ?? []), stage];
  const k = stages.length;
  const numbered = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [stageName(name, k), value]));
  const { [operand]: _, ...reads } = dispatch.reads;
  const { out = head.writes.out, ...changed } = dispatch.writes;
  const moved = [...Object.keys(numbered({ ...reads, ...changed })), ...(kept ? [storedName(k)] : [])];
  const nothing = Object.fromEntries(moved.map((name) => [name, 0]));
  return {
    ...head,
    kernel: appendStage(head.kernel, { kernel: dispatch.kernel, operand, keeps: kept !== null }),
    reads: { ...head.reads, ...numbered(reads) },
    writes: { ...head.writes, ...(kept ? { [storedName(k)]: kept } : {}), ...numbered(changed), out },
    tail: { stages, last: place.last },
    at(step: Step): Launch {
      const launch = head.at(step);
      const next = dispatch.at(step);
      return {
        ...launch,
        params: { ...launch.params, ...numbered(next.params) },
        work: launch.work + (place.first ? next.work : 0),
        flops: launch.flops + (place.first ? next.flops : 0),
        // Light and heavy rows together move what the stage moves once.
        words: { ...launch.words, ...(place.first ? {} : nothing) },
      };
    },
  };
}

function pieces(record: Readonly<Record<string, Piece>>): Piece[] {
  return Object.values(record);
}

function same(a: Piece, b: Piece): boolean {
  return a.value === b.value && a.panel === b.panel;
}
