/**
 * Positions for drawing, from the edges alone (no label is looked at).
 *
 * Forces with a short reach: t-FDP (Zhong, Xue, Zhang, Zhang, Ban, Deussen, Wang: "Force-Directed Graph Layouts Revisited:
 * A New Force Based on the T-Distribution", IEEE TVCG 2024). Springs and charges press a graph with hubs into one ball or
 * its clusters into points; a repulsion that saturates when close and dies off like a t-distribution lets neighbourhoods
 * open up and sit apart.
 *
 * Only +, -, *, / and square roots, in a fixed order: the result is the same to the bit on every machine, which Math.exp
 * or Math.sin would not promise. Repulsion is summed over all pairs unless the caller brings an approximation
 * (gridRepulsion.ts).
 */
import { pivotMds } from './pivotMds.ts';
import { seedKey, threefry, toUnit } from './random.ts';

export const STEPS = 300;
/** The sketch is blown up to this times the root of the number of nodes: about the reach of repulsion per node. */
const START_SIZE = 0.35;
/**
 * With t = 1 / (1 + d^2), attraction along an edge of length d is d * (SPRING + grip * t), repulsion of a pair is
 * d * (t^2 + CONTACT * t^4): the second term, ours, only keeps linked nodes from falling onto one point.
 */
const SPRING = 0.02;
export const CONTACT = 8;
/** The farthest that a node may go in the first and in the last step. */
const FIRST_MOVE = 5;
const LAST_MOVE = 0.05;
/** Hardly a screen shows a finer grid than this, and numbers that are short in binary pack better. */
const GRID = 2048;

/**
 * x and y of each node in [0, 1], aspect ratio kept. Each undirected edge is listed once. `grip` is how tightly neighbours
 * hold each other: 4 keeps thousands of nodes in their neighbourhoods, a few dozen have room for much less.
 */
export function forceLayout(nodes: number, source: Uint32Array, target: Uint32Array, grip = 4): Float32Array {
  return normalised(...settle(nodes, source, target, { grip }));
}

/** Adds to fx and fy what all nodes do to each other. */
export type Repulsion = (x: Float64Array, y: Float64Array, fx: Float64Array, fy: Float64Array) => void;

export interface SettleOptions {
  readonly grip: number;
  /**
   * The sketch's farthest nodes start within this many root mean squares of its middle. Where most nodes look alike from
   * every pivot (the leaves of a star), a few would else start, and stay, far outside.
   */
  readonly within?: number;
  readonly steps?: number;
  readonly repulsion?: Repulsion;
  /** After each step, counted from 1. */
  readonly onStep?: (step: number, steps: number) => void;
}

/** x and y of each node in units of the forces, in which linked nodes are about 1 apart. */
export function settle(
  nodes: number,
  source: Uint32Array,
  target: Uint32Array,
  { grip, within = Infinity, steps = STEPS, repulsion = repel, onStep }: SettleOptions,
): [Float64Array, Float64Array] {
  const neighbours: number[][] = Array.from({ length: nodes }, () => []);
  for (let e = 0; e < source.length; e++) {
    neighbours[source[e]].push(target[e]);
    neighbours[target[e]].push(source[e]);
  }
  const [x, y] = pivotMds(neighbours);
  // The leaves of a star are at the same distance from every pivot: a little noise tells them apart.
  const [key0, key1] = seedKey(1);
  const word = new Uint32Array(2);
  const size = START_SIZE * Math.sqrt(nodes);
  for (let v = 0; v < nodes; v++) {
    threefry(key0, key1, v, 0, word);
    const shrink = within === Infinity ? 1 : 1 / Math.sqrt(1 + (x[v] * x[v] + y[v] * y[v]) / (within * within));
    x[v] = x[v] * shrink * size + toUnit(word[0]) - 0.5;
    y[v] = y[v] * shrink * size + toUnit(word[1]) - 0.5;
  }

  const fx = new Float64Array(nodes);
  const fy = new Float64Array(nodes);
  for (let step = 0; step < steps; step++) {
    fx.fill(0);
    fy.fill(0);
    repulsion(x, y, fx, fy);
    for (let e = 0; e < source.length; e++) {
      const v = source[e];
      const u = target[e];
      const dx = x[u] - x[v];
      const dy = y[u] - y[v];
      const force = SPRING + grip / (1 + dx * dx + dy * dy);
      fx[v] += force * dx;
      fy[v] += force * dy;
      fx[u] -= force * dx;
      fy[u] -= force * dy;
    }
    const limit = FIRST_MOVE * (1 - step / steps) + LAST_MOVE;
    for (let v = 0; v < nodes; v++) {
      // A node's links add up to a stiffness; a step in inverse proportion to it does not overshoot.
      const damping = 1 / (1 + 0.5 * neighbours[v].length * (SPRING + grip));
      const length = damping * Math.sqrt(fx[v] * fx[v] + fy[v] * fy[v]);
      const scale = length > limit ? (damping * limit) / length : damping;
      x[v] += fx[v] * scale;
      y[v] += fy[v] * scale;
    }
    onStep?.(step + 1, steps);
  }
  return [x, y];
}

function repel(x: Float64Array, y: Float64Array, fx: Float64Array, fy: Float64Array): void {
  for (let v = 0; v < x.length; v++) {
    let sx = 0;
    let sy = 0;
    for (let u = v + 1; u < x.length; u++) {
      const dx = x[v] - x[u];
      const dy = y[v] - y[u];
      const t = 1 / (1 + dx * dx + dy * dy);
      const force = t * t * (1 + CONTACT * t * t);
      sx += force * dx;
      sy += force * dy;
      fx[u] -= force * dx;
      fy[u] -= force * dy;
    }
    fx[v] += sx;
    fy[v] += sy;
  }
}

/** Into [0, 1], the smaller side centred, so that the aspect ratio stays. */
export function normalised(x: Float64Array, y: Float64Array): Float32Array {
  const [left, right] = extent(x);
  const [low, high] = extent(y);
  const size = Math.max(right - left, high - low) || 1;
  const place = (value: number, lo: number, hi: number) =>
    Math.round(((value - lo + (size - (hi - lo)) / 2) / size) * GRID) / GRID;
  const positions = new Float32Array(2 * x.length);
  for (let v = 0; v < x.length; v++) {
    positions[2 * v] = place(x[v], left, right);
    positions[2 * v + 1] = place(y[v], low, high);
  }
  return positions;
}

function extent(values: Float64Array): [number, number] {
  return values.reduce(([lo, hi], value) => [Math.min(lo, value), Math.max(hi, value)], [Infinity, -Infinity]);
}
