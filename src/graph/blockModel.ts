import { classNodes, keyFor, type NodeSettings } from './classNodes.ts';
import { checkBetween, checkWhole, type DrawEdge, type GeneratedGraph, inBlocks } from './generated.ts';
import { threefry } from './random.ts';

export interface BlockModelSettings extends NodeSettings {
  readonly edges: number;
  readonly directed: boolean;
  /** Share of the edges whose two ends are of one class; the others join two different classes, all pairs alike. */
  readonly homophily: number;
  /**
   * 1: all nodes of a class have the same expected degree. p from 2 to 4: the degrees follow a power law with exponent
   * 1 + p/(p-1), that is 3, 2.5 or 2.33, like most that are found in nature. Whole, because a general power rounds as
   * it likes.
   */
  readonly skew: number;
}

/**
 * A stochastic block model with as many edges as asked for and degrees to order (Karrer and Newman, "Stochastic
 * blockmodels and community structure in networks", https://arxiv.org/abs/1008.3926): both classes of an edge are drawn
 * first, then a node of each. That is O(edges), where trying all pairs would cost the square of the nodes. The classes
 * are learned partly from the features (`signal`) and partly from the graph (`homophily`, where 1/classes says
 * nothing). Throws InputError.
 */
export function stochasticBlockModel(settings: BlockModelSettings): GeneratedGraph {
  const { name, nodes, edges, directed, features, classes, homophily, skew, seed } = settings;
  const { nodeAt, classStart, ...about } = classNodes(settings);
  checkWhole(name, 'edges', edges, 0, 2 ** 32 - 1);
  checkBetween(name, 'homophily', homophily, 0, 1);
  checkWhole(name, 'powers of skew', skew, 1, 4);
  const key = keyFor(seed, 'edges');
  const words = new Uint32Array(2);
  const position = (k: number, word: number) => {
    const unit = word / 2 ** 32;
    let share = unit;
    for (let power = 1; power < skew; power++) share *= unit;
    return classStart[k] + Math.floor((classStart[k + 1] - classStart[k]) * share);
  };
  const draw: DrawEdge = (edge, ends) => {
    threefry(key[0], key[1], edge, 0, words);
    const first = Math.floor((words[0] / 2 ** 32) * classes);
    const chance = words[1] / 2 ** 32;
    let second = first;
    if (chance >= homophily && classes > 1) {
      const other = Math.floor(((chance - homophily) / (1 - homophily)) * (classes - 1));
      second = other < first ? other : other + 1;
    }
    // Only the nodes are drawn again after a self-loop: the shares of the classes stay what they are.
    let [a, b] = [0, 0];
    for (let attempt = 1; a === b; attempt++) {
      threefry(key[0], key[1], edge, attempt, words);
      a = position(first, words[0]);
      b = position(second, words[1]);
    }
    ends[0] = nodeAt(a);
    ends[1] = nodeAt(b);
  };
  return { name, nodes, directed, features, ...about, ...inBlocks(edges, draw) };
}
