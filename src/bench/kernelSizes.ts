import {
  attentionCase,
  attentionGradCase,
  copyCase,
  even,
  type GraphSize,
  gemmCase,
  type KernelCase,
  powerLaw,
  reduceCases,
  spmmCase,
  transposed,
} from './kernelCases.ts';
import type { Effort } from './kernelTiming.ts';

/** Which kernels `bench kernels` times, at which sizes, and which it holds against each other. */

export interface Sizes extends Effort {
  /** Nodes and edges (entries of the matrix); the goals are at the last. */
  readonly graphs: readonly (readonly [number, number])[];
  readonly widths: readonly number[];
  /** Rows of tall matrices. */
  readonly tall: readonly number[];
  /** Sides of square matrices; the goal is at the last. */
  readonly squares: readonly number[];
  /** Rows of what is copied, at COPIED columns. */
  readonly copied: number;
  /** Width at which the goals on graphs are. */
  readonly goalWidth: number;
}

const GRAPHS = [
  [100, 1_000],
  [1_000, 10_000],
  [10_000, 100_000],
  [100_000, 1_000_000],
] as const;

export const SIZES = {
  full: {
    samples: 15,
    sampleMs: 20,
    graphs: GRAPHS,
    widths: [16, 64, 256],
    tall: [10_000, 100_000],
    squares: [256, 1024],
    copied: 100_000,
    goalWidth: 64,
  },
  /** For a page: about a minute where the device is a processor. */
  page: {
    samples: 9,
    sampleMs: 10,
    graphs: [GRAPHS[1], GRAPHS[3]],
    widths: [64],
    tall: [],
    squares: [256, 1024],
    copied: 100_000,
    goalWidth: 64,
  },
  /** Whether everything works, in seconds. */
  quick: {
    samples: 3,
    sampleMs: 1,
    graphs: [[100, 1_000]],
    widths: [16],
    tall: [1_000],
    squares: [64],
    copied: 1_000,
    goalWidth: 16,
  },
} satisfies Record<string, Sizes>;

/** The smallest is the matrix of the goals on graphs itself; the largest fits in no cache. */
const COPIED = [64, 128, 256] as const;
const ORIENTATIONS = ['nn', 'nt', 'tn'] as const;

/** Always measured, because everything else is a share of the fastest of them. */
export function copies({ copied }: Sizes): KernelCase[] {
  return COPIED.map((width) => copyCase(copied, width));
}

/** Always measured, for the same reason. */
export function squareProducts({ squares }: Sizes): KernelCase[] {
  return squares.flatMap((side) => ORIENTATIONS.map((orientation) => gemmCase(orientation, side, side, side)));
}

export function measurements({ graphs, widths, tall }: Sizes): KernelCase[] {
  const onGraphs = graphs.flatMap(([nodes, entries]) => {
    const graph = powerLaw(nodes, entries);
    return widths.flatMap((width) => [
      spmmCase(graph, width, false),
      spmmCase(graph, width, true),
      attentionCase(graph, width),
      attentionGradCase(graph, width),
    ]);
  });
  const onMatrices = tall.flatMap((rows) =>
    widths.flatMap((width) => [
      // Forward, and the gradients of the input and of the weight.
      gemmCase('nn', rows, width, width),
      gemmCase('nt', rows, width, width),
      gemmCase('tn', width, rows, width),
      ...reduceCases(rows, width),
    ]),
  );
  return [...onGraphs, ...onMatrices];
}

export type Bound = { readonly most: number } | { readonly least: number };

/** Names of the kernels that are to reach this share of the copy, in %. */
export function goalsOnCopy({ graphs, goalWidth }: Sizes): { names: readonly string[]; bound: Bound } {
  const graph = powerLaw(...graphs[graphs.length - 1]);
  return {
    names: [false, true].map((transposed) => spmmCase(graph, goalWidth, transposed).name),
    bound: { least: 60 },
  };
}

/** Two things timed in turns, of which the quotient matters. */
export interface Comparison {
  /** Of a comparison with peers, the beginning of the name. */
  readonly name: string;
  readonly unit: string;
  readonly kernel: KernelCase;
  readonly against: KernelCase | 'peers';
  /** Of the times of the kernel and of what it is held against. */
  quotient(ms: number, other: number): number;
  readonly bound: Bound;
}

export function comparisons({ graphs, squares, widths }: Sizes): Comparison[] {
  const [nodes, entries] = graphs[graphs.length - 1];
  const side = squares[squares.length - 1];
  const hub = even(nodes, entries, Math.round(entries / 3));
  const balanced = even(nodes, entries, Math.round(entries / nodes));
  const heavy = (what: string, graph: GraphSize, make: (from: GraphSize) => KernelCase): Comparison => ({
    name: `a ${what} with a third of the edges against balanced rows, ${make(graph).name}`,
    unit: 'times the time',
    kernel: make(graph),
    against: make(balanced),
    quotient: (ms, other) => ms / other,
    bound: { most: 1.5 },
  });
  const gemm = gemmCase('nn', side, side, side);
  return [
    ...widths.flatMap((width) => [
      heavy('row', hub, (from) => spmmCase(from, width, false)),
      heavy('row', hub, (from) => attentionCase(from, width)),
      // Backward, targets are rows and sources are rows of the transpose.
      heavy('row', hub, (from) => attentionGradCase(from, width)),
      heavy('column', transposed(hub), (from) => attentionGradCase(from, width)),
    ]),
    {
      name: gemm.name,
      unit: 'times as fast',
      kernel: gemm,
      against: 'peers',
      quotient: (ms, other) => other / ms,
      bound: { least: 2 },
    },
  ];
}
