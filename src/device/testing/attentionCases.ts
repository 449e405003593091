import type { CsrMatrix } from '../../formats/matrix.ts';
import { rowSlice } from '../../graph/csr.ts';
import { input } from '../../tensor/graph.ts';
import { type OpGraph, pieceName } from '../../tensor/op.ts';
import { type AttentionOptions, gatAttention, gatv2Attention } from '../../tensor/ops/attention.ts';
import { rowDots } from '../../tensor/ops/rowDots.ts';
import type { SparseMatrix } from '../../tensor/ops/sparse.ts';
import type { Plan } from '../../tensor/plan.ts';
import type { Value } from '../../tensor/value.ts';
import { directedCsr, scattered, sparseCase } from './cases.ts';
import { MANY_ROWS } from './denseCases.ts';
import { type Data, dense, type OpCase } from './opCase.ts';

/** Attention of GAT and GATv2, on widths that fit no vec4 and no tile; dropout over global and over local numbers. */

type Version = 'gat' | 'gatv2';
type Dropout = 'none' | 'global' | 'local';

const NODES = 700;
/** Fewer than there are sources, of which they are the first. */
const TARGETS = 500;

type Attend = (h: Data, heads: number, options: AttentionOptions) => { data: Data[]; out: Value };

const attentions: Record<Version, (g: OpGraph, matrix: SparseMatrix) => Attend> = {
  gat: (g, matrix) => (h, heads, options) => {
    const source = dense(g, 'scores of sources', matrix.forward.cols as number, heads);
    const target = dense(g, 'scores of targets', matrix.forward.rows as number, heads);
    return { data: [source, target], out: gatAttention(g, matrix, h[0], source[0], target[0], options) };
  },
  gatv2: (g, matrix) => (h, _, options) => {
    const target = dense(g, 'targets', matrix.forward.rows as number, h[0].cols);
    const vector = dense(g, 'vector', 1, h[0].cols);
    return { data: [target, vector], out: gatv2Attention(g, matrix, h[0], target[0], vector[0], options) };
  },
};

export function attentionCase(
  version: Version,
  heads: number,
  channels: number,
  dropout: Dropout = 'none',
  csr: CsrMatrix = directedCsr(NODES, 1, false),
): OpCase {
  const shape = csr.rows === csr.cols ? '' : `, ${csr.rows} of ${csr.cols} nodes`;
  const name = `${version}, ${heads} heads of ${channels}, dropout ${dropout}${shape}`;
  return sparseCase(name, csr, (g, matrix) => {
    const h = dense(g, 'h', csr.cols, heads * channels);
    const ids: Data[] =
      dropout === 'local' ? [[input(g, 'ids', 'graph', 'u32', csr.cols, 1), scattered(csr.cols)]] : [];
    const { data, out } = attentions[version](g, matrix)(h, heads, {
      heads,
      negativeSlope: 0.2,
      dropout: dropout === 'none' ? null : { ids: ids[0]?.[0] ?? null },
    });
    return { data: [h, ...data, ...ids], outputs: [out], moving: [h, ...data].map(([value]) => value) };
  });
}

/**
 * Scores in steps of 50 up to ±400, but never 0: many ties, and exp overflows in single precision. Equal scores of a row are on
 * one side of 0, so the gradient of the targets' scores vanishes.
 */
function steepCase(): OpCase {
  const csr = directedCsr(NODES, 1, false);
  return sparseCase('gat, steep scores', csr, (g, matrix) => {
    const h = dense(g, 'h', NODES, 12);
    const [source, target] = ['sources', 'targets'].map((name) => dense(g, `scores of ${name}`, NODES, 3));
    source[1].forEach((x, i) => {
      source[1][i] = 50 * Math.round(4 * x);
    });
    target[1].forEach((x, i) => {
      target[1][i] = 50 * Math.round(4 * x) + 25;
    });
    const out = gatAttention(g, matrix, h[0], source[0], target[0], { heads: 3, negativeSlope: 0.25, dropout: null });
    return { data: [h, source, target], outputs: [out], moving: [h[0], source[0]] };
  });
}

export function rowDotsCase(heads: number, channels: number, rows = 301): OpCase {
  return {
    name: `rowDots, ${heads} heads of ${channels}, ${rows} rows`,
    sizes: {},
    build(g) {
      const x = dense(g, 'x', rows, heads * channels);
      const vector = dense(g, 'vector', 1, heads * channels);
      return { inputs: [x, vector], outputs: [rowDots(g, x[0], vector[0], heads)], moving: [x[0], vector[0]] };
    },
  };
}

export function attentionCases(): OpCase[] {
  const block = rowSlice(directedCsr(NODES, 4, false), 0, TARGETS);
  return [
    ...(['gat', 'gatv2'] as const).flatMap((version) => [
      attentionCase(version, 1, 1),
      attentionCase(version, 8, 8),
      attentionCase(version, 3, 5, 'global'),
      attentionCase(version, 2, 7, 'local'),
      attentionCase(version, 8, 3, 'global', block),
      attentionCase(version, 10, 4, 'local', block),
      attentionCase(version, 2, 33),
      attentionCase(version, 4, 256, 'none', directedCsr(400, 2, false)),
    ]),
    steepCase(),
    ...[
      [1, 1],
      [3, 5],
      [8, 8],
      [2, 33],
    ].map(([heads, channels]) => rowDotsCase(heads, channels)),
    rowDotsCase(4, 4, MANY_ROWS),
  ];
}

/**
 * Names of the values with at least a float per entry. Says something where entries are far more than rows times columns and
 * no row is heavy, because the partial rows of segments have a float per column for every 128 entries.
 */
export function floatsPerEntry(plan: Plan, entries: number): string[] {
  return plan.placements
    .filter(({ piece, bytes }) => piece.value.dtype === 'f32' && bytes >= 4 * entries)
    .map(({ piece }) => pieceName(piece));
}
