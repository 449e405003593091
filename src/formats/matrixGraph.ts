/** From the matrices of a file to the parts of its graph. */
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { growingFloats, growingIds } from './growing.ts';
import type { Matrix } from './matrix.ts';
import { matrixBuilder } from './matrixBuilder.ts';
import type { MatrixRows } from './matrixRows.ts';

export type Topology = Pick<GraphData, 'nodes' | 'source' | 'target' | 'weight'>;

/**
 * The edges of an adjacency matrix: entry (r, c) is an edge from r to c, zeros are none; weights that are all 1 are none.
 * @throws InputError naming `where` if it is not square
 */
export function matrixEdges({ rows, cols, visit }: MatrixRows, where: string): Topology {
  if (rows !== cols) throw new InputError(`${where}: the adjacency matrix is ${rows} × ${cols}; give a square one.`);
  const source = growingIds();
  const target = growingIds();
  const weight = growingFloats();
  for (let row = 0; row < rows; row++) {
    visit(row, (col, value) => {
      if (value === 0) return;
      source.push(row);
      target.push(col);
      weight.push(value);
    });
  }
  const weights = weight.finish();
  const plain = weights.every((value) => value === 1);
  return { nodes: rows, source: source.finish(), target: target.finish(), weight: plain ? null : weights };
}

/** The matrix in the form that suits how full it is. */
export function matrixOf({ rows, cols, visit }: MatrixRows): Matrix {
  const builder = matrixBuilder(cols);
  for (let row = 0; row < rows; row++) {
    visit(row, builder.add);
    builder.endRow();
  }
  return builder.finish();
}
