import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Op, type OpGraph, rowsAt } from '../op.ts';
import { type Panel, stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';

/**
 * Matrices side by side, and parts of one: concatenation, and the mean over heads. Parts need not be a multiple of four
 * columns wide, so these copy column by column.
 */

/** The parts side by side, in their order; a single part itself. */
export function concatColumns(g: OpGraph, parts: readonly Value[]): Value {
  const [first] = parts;
  const odd = parts.find(({ rows }) => !sameSize(rows, first.rows));
  if (odd) throw new Error(`concatColumns: ${odd.name} and ${first.name} differ in their rows`);
  if (parts.length === 1) return first;
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  const out = activation(g, parts.map(({ name }) => name).join(' | '), first.rows, cols);
  addNode(g, concatColumnsOp, parts, [out], null);
  return out;
}

export const concatColumnsOp: Op<null> = {
  name: 'concatColumns',
  locality: 'row',
  gradient(g, { inputs }, [upstream], wanted) {
    let end = 0;
    return inputs.map(({ name, rows, cols }, i) => {
      const first = end;
      end += cols;
      if (!wanted[i]) return null;
      const out = activation(g, `${name}.grad`, rows, cols);
      addNode(g, sliceColumnsOp, [upstream!], [out], first);
      return out;
    });
  },
  lower({ inputs, outputs: [out] }, context) {
    let end = 0;
    return inputs.flatMap((part) => {
      const first = end;
      end += part.cols;
      return copyColumns(part, 0, out, first, part.cols, context);
    });
  },
};

/** As many columns of x as the output has, from the one in `attributes` on. */
export const sliceColumnsOp: Op<number> = {
  name: 'sliceColumns',
  locality: 'row',
  lower: ({ inputs: [x], outputs: [out], attributes: first }, context) =>
    copyColumns(x, first, out, 0, out.cols, context),
};

/** Columns [xFirst, xFirst + cols) of x into those of `out` from outFirst on, in ascending order within each panel of out. */
function copyColumns(
  x: Value,
  xFirst: number,
  out: Value,
  outFirst: number,
  cols: number,
  { panels }: LowerContext,
): Dispatch[] {
  const shift = outFirst - xFirst;
  return panels(out).flatMap((outPanel) =>
    panels(x).flatMap((xPanel): Dispatch[] => {
      const begin = Math.max(outFirst, outPanel.first, xPanel.first + shift) - outPanel.first;
      const end =
        Math.min(outFirst + cols, outPanel.first + outPanel.cols, xPanel.first + xPanel.cols + shift) - outPanel.first;
      if (end <= begin) return [];
      const outOffset4 = Math.floor(begin / 4);
      const width4 = Math.ceil(end / 4) - outOffset4;
      return [
        {
          kernel: 'copy.columns',
          reads: { x: { value: x, panel: xPanel.index } },
          writes: { out: { value: out, panel: outPanel.index } },
          at(step) {
            const rows = rowsAt(out.rows, step);
            return {
              params: {
                rows,
                width4,
                begin,
                end,
                xFirst: outPanel.first + begin - shift - xPanel.first,
                xStride4: stride4(xPanel),
                outStride4: stride4(outPanel),
                outOffset4,
              },
              threads: rows * width4,
              work: rows * width4 * 12,
              flops: 0,
            };
          },
        },
      ];
    }),
  );
}

interface Heads {
  readonly heads: number;
  readonly channels: number;
}

/** The mean over heads: rows × (heads · channels) to rows × channels. The columns of a head lie together. */
export function meanHeads(g: OpGraph, x: Value, heads: number): Value {
  if (x.cols % heads !== 0)
    throw new Error(`meanHeads: the ${x.cols} columns of ${x.name} are not ${heads} equal heads`);
  if (heads === 1) return x;
  const channels = x.cols / heads;
  const out = activation(g, `mean of the heads of ${x.name}`, x.rows, channels);
  addNode(g, meanHeadsOp, [x], [out], { heads, channels });
  return out;
}

export const meanHeadsOp: Op<Heads> = {
  name: 'meanHeads',
  locality: 'row',
  gradient(g, { inputs: [x], attributes }, [upstream], wanted) {
    if (!wanted[0]) return [null];
    const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
    addNode(g, spreadHeadsOp, [upstream!], [out], attributes);
    return [out];
  },
  lower({ inputs: [x], outputs: [out], attributes }, { panels }) {
    return panels(out).flatMap((narrow) =>
      panels(x).map((wide) => overHeads('heads.mean', attributes, x, wide, out, narrow, wide, narrow)),
    );
  },
};

/** The gradient of the mean: every head gets its share of all columns. */
export const spreadHeadsOp: Op<Heads> = {
  name: 'spreadHeads',
  locality: 'row',
  lower({ inputs: [x], outputs: [out], attributes }, { panels }) {
    return panels(out).flatMap((wide) =>
      panels(x).map((narrow) => overHeads('heads.spread', attributes, x, narrow, out, wide, wide, narrow)),
    );
  },
};

/** One panel of x into one of out; the first of x begins the panel of out anew, the others add what they have. */
function overHeads(
  kernel: string,
  { heads, channels }: Heads,
  x: Value,
  xPanel: Panel,
  out: Value,
  outPanel: Panel,
  wide: Panel,
  narrow: Panel,
): Dispatch {
  let columns = 0;
  for (let c = wide.first; c < wide.first + wide.cols; c++) {
    const channel = (c % channels) - narrow.first;
    if (channel >= 0 && channel < narrow.cols) columns++;
  }
  const width4 = stride4(outPanel);
  return {
    kernel,
    reads: { x: { value: x, panel: xPanel.index } },
    writes: { out: { value: out, panel: outPanel.index } },
    at(step) {
      const rows = rowsAt(out.rows, step);
      return {
        params: {
          rows,
          width4,
          heads,
          channels,
          first: outPanel.first,
          xFirst: xPanel.first,
          xCols: xPanel.cols,
          xStride4: stride4(xPanel),
          accumulate: xPanel.index > 0 ? 1 : 0,
          scale: 1 / heads,
        },
        threads: rows * width4,
        work: rows * (columns + width4) * 8,
        flops: rows * columns,
      };
    },
  };
}
