import type { Config } from '../../config/schema.ts';
import { SPLIT } from '../../formats/graphData.ts';
import type { Matrix } from '../../formats/matrix.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Weights } from '../../model/stored.ts';

/**
 * Full-batch training of a GCN or an MLP in float64 on dense matrices, straight from the formulas, sharing nothing with the
 * engine: H' = relu(Â H W + b), Â = D^-1/2 (A + I) D^-1/2 (Kipf and Welling, arXiv 1609.02907), softmax cross-entropy,
 * Adam (arXiv 1412.6980, algorithm 1) with the L2 penalty in the gradient, AdamW (arXiv 1711.05101, algorithm 2), or SGD with
 * momentum; gradients clipped to a norm; classes weighted alike or by how rare they are. No dropout.
 */
export interface ReferenceEpoch {
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly trainAcc: number;
  readonly valAcc: number;
  readonly testAcc: number;
  /** After the update, by parameter name. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
  /** Class probabilities after the update. */
  readonly probabilities: Dense;
}

type Dense = number[][];

export function referenceRun(graph: Graph, config: Config, initial: ReadonlyMap<string, Weights>): ReferenceEpoch[] {
  const split = graph.splits[config['data.split']];
  const layers = config['model.layers'];
  const names = [...initial.keys()];
  const parameters = names.map((name) => toDense(initial.get(name)!));
  const moments = parameters.map((p) => ({ m: zerosLike(p), v: zerosLike(p) }));
  const operator = config['model.kind'] === 'gcn' ? normalizedAdjacency(graph) : identity(graph.nodes);
  const features = featuresOf(graph.features, config['data.normalizeFeatures']);
  const trainNodes = nodesIn(split, SPLIT.train);
  const epochs: ReferenceEpoch[] = [];
  // Balanced: classes that are half as frequent among the training nodes weigh twice as much.
  const frequency = graph.classNames.map((_, c) => trainNodes.filter((node) => graph.labels[node] === c).length);
  const present = frequency.filter((count) => count > 0).length;
  const weightOf = (node: number) => {
    const count = frequency[graph.labels[node]];
    return config['task.classWeights'] === 'none' || count === 0 ? 1 : trainNodes.length / (present * count);
  };
  const weightOver = (nodes: number[]) => nodes.reduce((sum, node) => sum + weightOf(node), 0);

  const forward = () => {
    const inputs = [features];
    for (let layer = 0; layer < layers; layer++) {
      const out = product(operator, product(inputs[layer], parameters[2 * layer]));
      const [bias] = parameters[2 * layer + 1];
      const biased = out.map((row) => row.map((x, c) => x + bias[c]));
      inputs.push(layer < layers - 1 ? biased.map((row) => row.map((x) => Math.max(x, 0))) : biased);
    }
    return { inputs, probabilities: inputs[layers].map(softmax) };
  };
  const lossOver = (probabilities: Dense, nodes: number[]) =>
    nodes.reduce((sum, node) => sum - weightOf(node) * Math.log(probabilities[node][graph.labels[node]]), 0) /
    weightOver(nodes);
  const accuracyOver = (probabilities: Dense, code: number) => {
    const nodes = nodesIn(split, code);
    const right = nodes.filter((node) => {
      const row = probabilities[node];
      return row.indexOf(Math.max(...row)) === graph.labels[node];
    });
    return nodes.length > 0 ? right.length / nodes.length : 0;
  };

  for (let t = 1; t <= config['training.epochs']; t++) {
    const { inputs, probabilities } = forward();
    const divisor = weightOver(trainNodes);
    const gradients: Dense[] = new Array(parameters.length);
    let arriving: Dense = probabilities.map((row, node) =>
      row.map((p, c) =>
        split[node] === SPLIT.train ? (weightOf(node) * (p - (c === graph.labels[node] ? 1 : 0))) / divisor : 0,
      ),
    );
    for (let layer = layers - 1; layer >= 0; layer--) {
      gradients[2 * layer + 1] = [arriving[0].map((_, c) => arriving.reduce((sum, row) => sum + row[c], 0))];
      const aggregated = product(transposed(operator), arriving);
      gradients[2 * layer] = product(transposed(inputs[layer]), aggregated);
      const below = product(aggregated, transposed(parameters[2 * layer]));
      arriving = below.map((row, node) => row.map((x, c) => (inputs[layer][node][c] > 0 ? x : 0)));
    }
    const norm = Math.sqrt(gradients.flat(2).reduce((sum, x) => sum + x * x, 0));
    const clip = config['training.clip'];
    const scale = clip > 0 && norm > clip ? clip / norm : 1;
    parameters.forEach((parameter, i) => {
      const layer = Math.floor(i / 2);
      const linear = config['model.kind'] === 'mlp';
      const split = config[linear ? 'training.weightDecayLinear' : 'training.weightDecay'];
      const all = config['training.weightDecay'];
      const decay = { first: layer === 0 ? all : 0, all, split }[config['training.decayOn']];
      const clipped = gradients[i].map((row) => row.map((x) => scale * x));
      update(parameter, clipped, moments[i], t, decay, config);
    });
    const after = forward().probabilities;
    epochs.push({
      trainLoss: lossOver(probabilities, trainNodes),
      valLoss: lossOver(after, nodesIn(split, SPLIT.validation)),
      trainAcc: accuracyOver(after, SPLIT.train),
      valAcc: accuracyOver(after, SPLIT.validation),
      testAcc: accuracyOver(after, SPLIT.test),
      weights: new Map(names.map((name, i) => [name, toStored(parameters[i], initial.get(name)!)])),
      probabilities: after,
    });
  }
  return epochs;
}

function update(
  parameter: Dense,
  gradient: Dense,
  { m, v }: { m: Dense; v: Dense },
  t: number,
  decay: number,
  config: Config,
): void {
  const [beta1, beta2, epsilon, lr] = [0.9, 0.999, 1e-8, config['training.lr']];
  const decoupled = config['training.optimizer'] === 'adamw';
  parameter.forEach((row, r) => {
    row.forEach((before, c) => {
      const g = gradient[r][c] + (decoupled ? 0 : decay * before);
      if (config['training.optimizer'] === 'sgd') {
        m[r][c] = config['training.momentum'] * m[r][c] + g;
        row[c] = before - lr * m[r][c];
        return;
      }
      m[r][c] = beta1 * m[r][c] + (1 - beta1) * g;
      v[r][c] = beta2 * v[r][c] + (1 - beta2) * g ** 2;
      const first = m[r][c] / (1 - beta1 ** t);
      const second = v[r][c] / (1 - beta2 ** t);
      row[c] = before - (decoupled ? lr * decay * before : 0) - (lr * first) / (Math.sqrt(second) + epsilon);
    });
  });
}

function normalizedAdjacency({ adjacency, nodes }: Graph): Dense {
  const a = identity(nodes);
  for (let row = 0; row < nodes; row++) {
    for (let e = adjacency.indptr[row]; e < adjacency.indptr[row + 1]; e++) {
      a[row][adjacency.indices[e]] += adjacency.values ? adjacency.values[e] : 1;
    }
  }
  const degree = a.map((row) => row.reduce((sum, x) => sum + x, 0));
  return a.map((row, i) => row.map((x, j) => x / Math.sqrt(degree[i]) / Math.sqrt(degree[j])));
}

function featuresOf(features: Matrix, normalize: boolean): Dense {
  const dense = zeros(features.rows, features.cols);
  for (let row = 0; row < features.rows; row++) {
    if (features.kind === 'dense') {
      dense[row] = [...features.values.subarray(row * features.cols, (row + 1) * features.cols)];
      continue;
    }
    for (let e = features.indptr[row]; e < features.indptr[row + 1]; e++) {
      dense[row][features.indices[e]] = features.values ? features.values[e] : 1;
    }
  }
  if (!normalize) return dense;
  return dense.map((row) => {
    const sum = row.reduce((total, x) => total + Math.abs(x), 0);
    return sum > 0 ? row.map((x) => x / sum) : row;
  });
}

function nodesIn(split: Uint8Array, code: number): number[] {
  return [...split.keys()].filter((node) => split[node] === code);
}

function softmax(row: number[]): number[] {
  const largest = Math.max(...row);
  const sum = row.reduce((total, x) => total + Math.exp(x - largest), 0);
  return row.map((x) => Math.exp(x - largest) / sum);
}

/** As the formulas have it: a weight is in × out, a bias one row. */
function toDense({ shape, data }: Weights): Dense {
  if (shape.length === 1) return [[...data]];
  const [rows, cols] = shape;
  return transposed(Array.from({ length: rows }, (_, r) => [...data.subarray(r * cols, (r + 1) * cols)]));
}

/** As a run gives its weights back. */
function toStored(parameter: Dense, { shape }: Weights): number[] {
  return (shape.length === 1 ? parameter : transposed(parameter)).flat();
}

function zeros(rows: number, cols: number): Dense {
  return Array.from({ length: rows }, () => new Array<number>(cols).fill(0));
}

function zerosLike(matrix: Dense): Dense {
  return zeros(matrix.length, matrix[0].length);
}

function identity(nodes: number): Dense {
  return zeros(nodes, nodes).map((row, i) => row.with(i, 1));
}

function transposed(matrix: Dense): Dense {
  return matrix[0].map((_, c) => matrix.map((row) => row[c]));
}

function product(a: Dense, b: Dense): Dense {
  return a.map((row) => {
    const out = new Array<number>(b[0].length).fill(0);
    row.forEach((x, k) => {
      if (x === 0) return;
      b[k].forEach((y, c) => {
        out[c] += x * y;
      });
    });
    return out;
  });
}
