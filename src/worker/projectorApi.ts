import { transfer } from 'comlink';
import { InputError } from '../config/errors.ts';
import { writeNpy } from '../formats/npy.ts';
import { type Metric, type MetricRows, metricRows, type Near, nearestTo, nearTable } from '../task/nearestRows.ts';
import { type Components, MOST_COLUMNS, principalComponents } from '../task/pca.ts';
import { NEAR_SHARE, type UmapOptions, umap } from '../task/umap.ts';

export type { Metric, Near } from '../task/nearestRows.ts';

/** What the projector worker does with the rows of an embedding, which lie with it alone. */
export interface ProjectorApi {
  /** Takes the rows of all nodes; those that it had are let go of. */
  open(values: Float32Array, cols: number): void;
  /** By the rows of all nodes; the places are those of `nodes`, null for all. */
  pca(nodes: Uint32Array | null): Components;
  /** Of `nodes` among themselves. Rejects with an AbortError where it was given up. */
  umap(nodes: Uint32Array | null, options: UmapChoice, tell: (share: number) => void): Promise<Float32Array>;
  /** Gives up the layout that goes on. */
  cancel(): void;
  /** The nearest of all nodes. */
  nearest(node: number, metric: Metric, count: number): Near[];
  /** The rows as a .npy file. */
  npy(): Uint8Array<ArrayBuffer>;
}

export interface UmapChoice extends UmapOptions {
  /** The node itself counted among them, as umap-learn does. */
  readonly neighbours: number;
  readonly metric: Metric;
}

/** After so many milliseconds of work it looks whether somebody asks for something. */
const AT_A_TIME = 50;

export function newProjector(): ProjectorApi {
  let held: { readonly values: Float32Array; readonly cols: number; ready: MetricRows | null } | null = null;
  /** Counts layouts: an earlier one gives way. */
  let turn = 0;
  const rows = () => {
    if (!held) throw new InputError('There is no embedding here yet: compute one.');
    return held;
  };

  /** Runs to the end, and lets other questions be answered in between. */
  async function driven<T>(work: Generator<number, T>, mine: number, tell: (share: number) => void): Promise<T> {
    let rested = performance.now();
    for (;;) {
      const { done, value } = work.next();
      if (done) return value as T;
      if (performance.now() - rested < AT_A_TIME) continue;
      tell(value as number);
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== turn) throw new DOMException('The layout was given up.', 'AbortError');
      rested = performance.now();
    }
  }

  return {
    open(values, cols) {
      turn++;
      held = { values, cols, ready: null };
    },
    pca(nodes) {
      const { values, cols } = rows();
      const components = componentsOf(values, cols);
      return nodes ? { ...components, positions: rowsOf(components.positions, 2, nodes) } : components;
    },
    async umap(nodes, { neighbours, metric, ...options }, tell) {
      const mine = ++turn;
      const { values, cols } = rows();
      const own = nodes ? rowsOf(values, cols, nodes) : values;
      const start = componentsOf(own, cols).positions;
      const near = await driven(nearTable(metricRows(own, cols, metric), neighbours - 1), mine, (share) =>
        tell(NEAR_SHARE * share),
      );
      const positions = await driven(umap(near, start, options), mine, (share) =>
        tell(NEAR_SHARE + (1 - NEAR_SHARE) * share),
      );
      return transfer(positions, [positions.buffer as ArrayBuffer]);
    },
    cancel() {
      turn++;
    },
    nearest(node, metric, count) {
      const mine = rows();
      if (mine.ready?.metric !== metric) {
        // Those of the other metric go first: there is room for one.
        mine.ready = null;
        mine.ready = metricRows(mine.values, mine.cols, metric);
      }
      return nearestTo(mine.ready, node, count);
    },
    npy() {
      const { values, cols } = rows();
      const bytes = writeNpy('<f4', [values.length / cols, cols], values) as Uint8Array<ArrayBuffer>;
      return transfer(bytes, [bytes.buffer]);
    },
  };
}

function componentsOf(values: Float32Array, cols: number): Components {
  if (cols <= MOST_COLUMNS) return principalComponents(values, cols);
  throw new InputError(
    `This layer is ${cols} wide, and principal components are found of at most ${MOST_COLUMNS} columns: choose another layer.`,
  );
}

function rowsOf(values: Float32Array, cols: number, nodes: Uint32Array): Float32Array {
  const out = new Float32Array(nodes.length * cols);
  nodes.forEach((node, i) => {
    out.set(values.subarray(node * cols, (node + 1) * cols), i * cols);
  });
  return out;
}
