import { InputError } from '../config/errors.ts';
import { classNodes, keyFor, type NodeSettings } from './classNodes.ts';
import { checkBetween, checkWhole, type DrawEdge, type GeneratedGraph, inBlocks } from './generated.ts';
import { threefry } from './random.ts';

export interface RmatSettings extends NodeSettings {
  readonly edges: number;
  readonly directed: boolean;
  /** Chances of the quadrants of the adjacency matrix, which sum to 1: upper left and right, lower left and right. */
  readonly quadrants: { readonly a: number; readonly b: number; readonly c: number; readonly d: number };
  /** b and c are less by this at the outermost level and, nearly, more by it at the innermost one; Graph500 has 0. */
  readonly noise: number;
}

/** Quadrants of the Graph500 benchmark (https://graph500.org/?page_id=12). */
export const GRAPH500 = { a: 0.57, b: 0.19, c: 0.19, d: 0.05 } as const;

/**
 * R-MAT (Chakrabarti, Zhan and Faloutsos, "R-MAT: a recursive model for graph mining", SDM 2004,
 * https://doi.org/10.1137/1.9781611972740.43): an edge chooses a quadrant of the adjacency matrix, then a quadrant of
 * that, down to a single entry, which makes hubs, and communities within communities. Pairs beyond the last node, where
 * `nodes` is no power of two, and self-loops are drawn again; ids are shuffled, as in Graph500. A class is a range of
 * positions, that is, of the leading bits that the outermost levels choose: of 2 classes the homophily is a + d, of
 * many it is little. Throws InputError.
 */
export function rmat(settings: RmatSettings): GeneratedGraph {
  const { name, nodes, edges, directed, features, seed } = settings;
  const { nodeAt, classStart: _, ...about } = classNodes(settings);
  checkWhole(name, 'edges', edges, 0, 2 ** 32 - 1);
  checkQuadrants(settings);
  const levels = 32 - Math.clz32(nodes - 1);
  const thresholds = thresholdsOf(settings, levels);
  const key = keyFor(seed, 'edges');
  const words = new Uint32Array(2);
  const draw: DrawEdge = (edge, ends) => {
    let [source, target, counter] = [0, 0, 0];
    do {
      source = 0;
      target = 0;
      for (let level = 0; level < levels; level++) {
        // 16 bits choose a quadrant, so that one hash serves four levels.
        if (level % 4 === 0) threefry(key[0], key[1], edge, counter++, words);
        const chance = (words[(level >> 1) & 1] >>> (16 * (level & 1))) & 0xffff;
        const at = 3 * level;
        const lower = chance >= thresholds[at + 1] ? 1 : 0;
        const right = chance >= thresholds[at + 2 * lower] ? 1 : 0;
        source = 2 * source + lower;
        target = 2 * target + right;
      }
    } while (source === target || source >= nodes || target >= nodes);
    ends[0] = nodeAt(source);
    ends[1] = nodeAt(target);
  };
  return { name, nodes, directed, features, ...about, ...inBlocks(edges, draw) };
}

/**
 * Per level the chances of a, a + b and a + b + c, in units of 2^-16. Noise changes them from level to level, which
 * smooths the waves in the degrees of a plain R-MAT (Seshadhri, Pinar and Kolda, https://arxiv.org/abs/1102.5046). By
 * how much depends on the level and is not drawn, as in the reference code of Graph500
 * (https://github.com/graph500/graph500, generator/graph_generator.c).
 */
function thresholdsOf({ quadrants: { a, b, c }, noise }: RmatSettings, levels: number): Float64Array {
  const thresholds = new Float64Array(3 * levels);
  for (let level = 0; level < levels; level++) {
    const shift = noise * ((2 * level) / levels - 1);
    const diagonal = (a * (1 - b - c - 2 * shift)) / (1 - b - c);
    const upper = diagonal + b + shift;
    thresholds.set(
      [diagonal, upper, upper + c + shift].map((chance) => Math.round(chance * 2 ** 16)),
      3 * level,
    );
  }
  return thresholds;
}

/** With a the largest and no near-empty b and c, an edge is found after few attempts. */
function checkQuadrants({ name, quadrants: { a, b, c, d }, noise }: RmatSettings): void {
  if (!(Math.abs(a + b + c + d - 1) < 1e-9) || !(Math.min(a, b, c, d) >= 0)) {
    throw new InputError(`The quadrants of ${name} are ${[a, b, c, d].join(', ')}: give four chances that sum to 1.`);
  }
  if (a < Math.max(b, c, d) || b + c < 0.01) {
    throw new InputError(
      `The quadrants of ${name} are ${[a, b, c, d].join(', ')}: make the first the largest, and b + c at least 0.01.`,
    );
  }
  checkBetween(name, 'noise', noise, 0, Math.min(b, c, (1 - b - c) / 2));
}
