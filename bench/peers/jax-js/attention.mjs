import { lax, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';
import { negativeSlope } from '../input.mjs';
import { perHead, toBestPieces, toDense } from '../sparse.mjs';
import { adamUpdate, array, dropWith } from './adam.mjs';
import { featureProducts, joinPieces, piecesData } from './products.mjs';

/** GAT: (state, data) → [next state, loss]; valueAndGrad from the projected features on, their own product by hand. */
export function attention(input, formulation) {
  const { nodes, heads, dropout, attentionDropout } = input;
  const features = featureProducts(input, formulation);
  const dense = formulation === 'dense';
  const attend = dense ? attendDense : attendGathered;
  const data = dense
    ? array(toDense(input.adjacency, nodes, nodes), [nodes, nodes])
    : { first: headData(input, heads), second: headData(input, 1) };
  const graphOf = (data, layer) => (dense ? data.ref : data[layer]);

  const lossOf = (projected, { s1, t1, b1, w2, s2, t2, b2 }, graph, target, keys) => {
    // One key per use, and dense attention drops head by head.
    let used = 2;
    const drop = (rate) => (y) => dropWith(keys.ref.slice(used++), rate)(y);
    const first = attend(projected, s1, t1, graphOf(graph, 'first'), heads, drop(attentionDropout)).add(b1);
    const hidden = drop(dropout)(nn.elu(first));
    const second = attend(np.matmul(hidden, w2), s2, t2, graphOf(graph, 'second'), 1, drop(attentionDropout));
    keys.dispose();
    if (dense) graph.dispose();
    return nn.logSoftmax(second.add(b2), -1).mul(target).sum().neg();
  };

  const step = (state, data) => {
    const keys = random.split(state.key, 4 + heads);
    const key = keys.ref.slice(0);
    const x = features.begin(data.features, dropWith(keys.ref.slice(1), dropout));
    const { w1, ...others } = state.params;
    const derive = valueAndGrad(lossOf, { argnums: [0, 1] });
    const projected = x.forward(w1.ref);
    const [loss, [dProjected, gradients]] = derive(projected, tree.ref(others), data.adjacency, data.target, keys);
    gradients.w1 = x.transposed(dProjected);
    x.dispose();
    tree.dispose(data.features);
    return [{ ...adamUpdate(state, gradients, input), key }, loss];
  };
  return { data: { features: features.data, adjacency: data }, step };
}

/** The pieces of a graph in which every head has its own nodes. */
function headData({ nodes, adjacency }, heads) {
  const csr = perHead(adjacency, nodes, heads);
  const p = toBestPieces(csr, nodes * heads);
  // One number per entry, though all of a piece are equal: the derivative of a gather that is expanded first does not compile.
  const rows = p.columns.map((_, k) => p.pieceRow[Math.floor(k / p.width)]);
  return { ...piecesData(p), rows: array(rows, [p.pieceCount, p.width]) };
}

/** Scores of every node as a source and as a target, nodes × heads. */
function scoresOf(h, s, t) {
  return [h.ref.mul(s).sum(-1), h.mul(t).sum(-1)];
}

/**
 * Softmax and weighted sum by piece. What is subtracted before the exponential need not be the row's maximum, only no less: the
 * LeakyReLU rises, so that the largest score of all sources bounds each row's.
 */
function attendGathered(projected, s, t, graph, heads, drop) {
  const [nodes, width] = projected.shape;
  const channels = width / heads;
  const h = projected.reshape([nodes, heads, channels]);
  const [source, target] = scoresOf(h.ref, s, t).map((scores) => scores.reshape([-1]));
  const ofRow = np.take(target, graph.rows.ref, 0);
  const bound = lax.stopGradient(nn.leakyRelu(ofRow.ref.add(np.max(source.ref)), negativeSlope));
  const scores = nn.leakyRelu(np.take(source, graph.columns.ref, 0).add(ofRow), negativeSlope);
  const weights = np.exp(scores.sub(bound)).mul(graph.weights.ref);
  const total = weights.ref.sum(1, { keepdims: true });
  const gathered = np.take(h.reshape([nodes * heads, channels]), graph.columns.ref, 0);
  const sums = gathered.mul(np.expandDims(drop(weights), 2)).sum(1);
  const rows = joinPieces(graph, np.concatenate([sums, total], 1));
  tree.dispose(graph);
  return rows.ref
    .slice([], [0, channels])
    .div(rows.slice([], [channels, channels + 1]))
    .reshape([nodes, width]);
}

/** Head after head: a softmax over nodes × nodes in which what is no edge counts nothing. */
function attendDense(projected, s, t, mask, heads, drop) {
  const [nodes, width] = projected.shape;
  const channels = width / heads;
  const h = projected.reshape([nodes, heads, channels]);
  const [source, target] = scoresOf(h.ref, s, t);
  const parts = Array.from({ length: heads }, (_, head) => {
    const of = (scores) => scores.ref.slice([], head);
    const scores = nn.leakyRelu(np.expandDims(of(target), 1).add(np.expandDims(of(source), 0)), negativeSlope);
    const weights = nn.softmax(np.where(np.greater(mask.ref, 0), scores, -1e9), -1);
    return np.matmul(drop(weights), h.ref.slice([], head));
  });
  tree.dispose([h, source, target, mask]);
  return np.concatenate(parts, 1);
}
