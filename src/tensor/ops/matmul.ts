import { mergeSum, splitRows } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Node, type Op, type OpGraph, rowsAt, type Step } from '../op.ts';
import { overlaps, padded4, stride4 } from '../panels.ts';
import { type Covers, invocations, MATMUL_TILES, type Tile } from '../tiles.ts';
import { sameSize, type Value } from '../value.ts';

/**
 * Dense matrix product in the three orientations that training needs:
 *   nn: C[m,n] = A[m,k] · B[k,n]      forward
 *   nt: C[m,n] = A[m,k] · B[n,k]ᵀ     gradient of A
 *   tn: C[k,n] = A[m,k]ᵀ · B[m,n]     gradient of B: tall and skinny, so the sum over m is split and merged; what is small is merged in the same dispatch
 */
export type Orientation = 'nn' | 'nt' | 'tn';

export function matmul(g: OpGraph, a: Value, b: Value, orientation: Orientation = 'nn', name = 'matmul'): Value {
  const inner = { nn: [a.cols, b.rows], nt: [a.cols, b.cols], tn: [a.rows, b.rows] }[orientation];
  if (!sameSize(inner[0], inner[1])) {
    throw new Error(`matmul ${orientation}: ${a.name} and ${b.name} differ in their inner dimension`);
  }
  const rows = orientation === 'tn' ? a.cols : a.rows;
  const cols = orientation === 'nt' ? fixed(b) : b.cols;
  const out = activation(g, name, rows, cols);
  addNode(g, matmulOp, [a, b], [out], orientation);
  return out;
}

function fixed(b: Value): number {
  if (typeof b.rows !== 'number') throw new Error(`matmul nt: the rows of ${b.name} become columns and must be fixed`);
  return b.rows;
}

export const matmulOp: Op<Orientation> = {
  name: 'matmul',
  locality: 'row',
  gradient(g, node, [upstream], wanted) {
    const [a, b] = node.inputs;
    const up = upstream!;
    const rules: Record<Orientation, [() => Value, () => Value]> = {
      nn: [() => matmul(g, up, b, 'nt', `${a.name}.grad`), () => matmul(g, a, up, 'tn', `${b.name}.grad`)],
      nt: [() => matmul(g, up, b, 'nn', `${a.name}.grad`), () => matmul(g, up, a, 'tn', `${b.name}.grad`)],
      tn: [() => matmul(g, b, up, 'nt', `${a.name}.grad`), () => matmul(g, a, up, 'nn', `${b.name}.grad`)],
    };
    return rules[node.attributes].map((rule, i) => (wanted[i] ? rule() : null));
  },
  lower(node, context) {
    return lowerings[node.attributes](node, context);
  },
};

/** A block of 4 × 4, by a workgroup with one invocation for each part of the sum (shaders/matmul/whole.wgsl). */
const BLOCK: Tile = { name: 'block', rows: 4, width4: 1, workgroup: 64 };
/** A product of more blocks than this takes longer than a launch, and is worth larger tiles. */
const FEW_BLOCKS = 64;

const covering = (covers: Covers) => ({ covers, threads: invocations(MATMUL_TILES[0], covers) });

type Lowering = (node: Node<Orientation>, context: LowerContext) => Dispatch[];

const lowerings: Record<Orientation, Lowering> = {
  nn({ inputs: [a, b], outputs: [out] }, { panels }) {
    const dispatches: Dispatch[] = [];
    for (const { a: bPanel, b: outPanel, first, cols } of overlaps(panels(b), panels(out))) {
      for (const aPanel of panels(a)) {
        const width4 = padded4(cols);
        dispatches.push({
          kernel: 'matmul.nn',
          reads: { a: { value: a, panel: aPanel.index }, b: { value: b, panel: bPanel.index } },
          writes: { out: { value: out, panel: outPanel.index } },
          storesOnce: true,
          tiles: MATMUL_TILES,
          at(step) {
            const rows = rowsAt(out.rows, step);
            return {
              params: {
                rows,
                width4,
                inner: aPanel.cols,
                aStride4: stride4(aPanel),
                aOffset4: 0,
                bRow: aPanel.first,
                bStride4: stride4(bPanel),
                bOffset4: (first - bPanel.first) / 4,
                outStride4: stride4(outPanel),
                outOffset4: (first - outPanel.first) / 4,
                accumulate: aPanel.index > 0 ? 1 : 0,
              },
              ...covering([rows, width4, 1]),
              work: rows * width4 * aPanel.cols * 4,
              flops: 2 * rows * aPanel.cols * cols,
            };
          },
        });
      }
    }
    return dispatches;
  },

  nt({ inputs: [a, b], outputs: [out] }, { panels }) {
    const dispatches: Dispatch[] = [];
    for (const outPanel of panels(out)) {
      overlaps(panels(a), panels(b)).forEach(({ a: aPanel, b: bPanel, first, cols }, part) => {
        const width4 = padded4(outPanel.cols);
        dispatches.push({
          kernel: 'matmul.nt',
          reads: { a: { value: a, panel: aPanel.index }, b: { value: b, panel: bPanel.index } },
          writes: { out: { value: out, panel: outPanel.index } },
          storesOnce: true,
          tiles: MATMUL_TILES,
          at(step) {
            const rows = rowsAt(out.rows, step);
            return {
              params: {
                rows,
                width4,
                cols: outPanel.cols,
                inner: 4 * padded4(cols),
                aStride4: stride4(aPanel),
                aOffset4: (first - aPanel.first) / 4,
                bRow: outPanel.first,
                bStride4: stride4(bPanel),
                bOffset4: (first - bPanel.first) / 4,
                outStride4: stride4(outPanel),
                accumulate: part > 0 ? 1 : 0,
              },
              ...covering([rows, width4, 1]),
              work: rows * width4 * padded4(cols) * 16,
              flops: 2 * rows * cols * outPanel.cols,
            };
          },
        });
      });
    }
    return dispatches;
  },

  tn({ inputs: [a, b], outputs: [out] }, { panels, scratch, capacity }) {
    const dispatches: Dispatch[] = [];
    for (const aPanel of panels(a)) {
      for (const { a: bPanel, b: outPanel, first, cols } of overlaps(panels(b), panels(out))) {
        const width4 = padded4(cols);
        const blocks = padded4(aPanel.cols);
        const split = splitRows(a.rows, blocks * width4);
        const most = split.most(capacity);
        const reads = { a: { value: a, panel: aPanel.index }, b: { value: b, panel: bPanel.index } };
        const target = { value: out, panel: outPanel.index };
        const place = { outStride4: stride4(outPanel), outOffset4: (first - outPanel.first) / 4 };
        const product = (step: Step) => {
          const { rows, chunk } = split.at(step);
          return {
            params: {
              rows,
              chunk,
              cols: aPanel.cols,
              width4,
              aStride4: stride4(aPanel),
              bStride4: stride4(bPanel),
              aOffset4: 0,
              bRow: 0,
              bOffset4: (first - bPanel.first) / 4,
            },
            work: rows * blocks * width4 * 16,
            flops: 2 * rows * aPanel.cols * cols,
          };
        };
        if (most <= BLOCK.workgroup! && blocks * width4 <= FEW_BLOCKS) {
          const covers = [aPanel.cols, width4, 1] as const;
          dispatches.push({
            kernel: 'matmul.tn.whole',
            reads,
            writes: { out: target },
            storesOnce: true,
            // As after a second pass (mergeSum).
            precise: ['out'],
            tiles: [BLOCK],
            at(step) {
              const { count } = split.at(step);
              const { params, work, flops } = product(step);
              const outOffset4 = aPanel.first * place.outStride4 + place.outOffset4;
              return {
                params: { ...params, count, ...place, outOffset4 },
                covers,
                threads: invocations(BLOCK, covers),
                work,
                flops: flops + aPanel.cols * cols * count,
              };
            },
          });
          continue;
        }
        const partial = scratch('matmul.tn partial sums', 'f32', most * aPanel.cols * width4 * 4);
        dispatches.push({
          kernel: 'matmul.tn',
          reads,
          writes: { out: partial },
          tiles: MATMUL_TILES,
          at(step) {
            const { params, ...rest } = product(step);
            return {
              params: { ...params, outStride4: width4, outOffset4: 0, accumulate: 0 },
              ...covering([aPanel.cols, width4, split.at(step).count]),
              ...rest,
            };
          },
        });
        const shape = { cols, rows: aPanel.cols, width4, outRow: aPanel.first, ...place };
        dispatches.push(mergeSum(partial, target, split, shape));
      }
    }
    return dispatches;
  },
};
