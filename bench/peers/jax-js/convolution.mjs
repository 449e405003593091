import { nn, numpy as np, random, tree } from '@jax-js/jax';
import { adamUpdate, dropWith } from './adam.mjs';
import { adjacencyProducts, featureProducts } from './products.mjs';

/** GCN, A·X·W + b, and GraphSAGE, A·X·W + b + X·R: (state, data) → [next state, loss], the derivative by hand. */
export function convolution(input, formulation) {
  const features = featureProducts(input, formulation);
  const adjacency = adjacencyProducts(input, formulation);
  const sage = input.model === 'sage';

  const step = (state, data) => {
    const { params } = state;
    const keys = random.split(state.key, 3);
    const key = keys.ref.slice(0);
    const x = features.begin(data.features, dropWith(keys.ref.slice(1), input.dropout));
    const aggregate = (y) => adjacency.forward(data.adjacency, y);
    const spread = (y) => adjacency.transposed(data.adjacency, y);

    let before = aggregate(x.forward(params.w1.ref)).add(params.b1.ref);
    if (sage) before = before.add(x.forward(params.r1.ref));
    const open = np.where(np.greater(before.ref, 0), 1, 0).astype(np.float32);
    const gate = dropWith(keys.slice(2), input.dropout)(open);
    const hidden = before.mul(gate.ref);
    let scores = aggregate(np.matmul(hidden.ref, params.w2.ref)).add(params.b2.ref);
    if (sage) scores = scores.add(np.matmul(hidden.ref, params.r2.ref));
    const logProbability = nn.logSoftmax(scores, -1);
    const loss = logProbability.ref.mul(data.target.ref).sum().neg();

    const inLoss = data.target.ref.sum(-1, { keepdims: true });
    const dScores = np.exp(logProbability).mul(inLoss).sub(data.target.ref);
    const dProjected = spread(dScores.ref);
    let dHidden = np.matmul(dProjected.ref, np.transpose(params.w2.ref));
    if (sage) dHidden = dHidden.add(np.matmul(dScores.ref, np.transpose(params.r2.ref)));
    const dBefore = dHidden.mul(gate);
    const gradients = {
      w1: x.transposed(spread(dBefore.ref)),
      w2: np.matmul(np.transpose(hidden.ref), dProjected),
      b2: dScores.ref.sum(0),
    };
    if (sage) {
      gradients.r1 = x.transposed(dBefore.ref);
      gradients.r2 = np.matmul(np.transpose(hidden.ref), dScores.ref);
    }
    gradients.b1 = dBefore.sum(0);
    tree.dispose([hidden, dScores]);
    x.dispose();
    tree.dispose(data);
    return [{ ...adamUpdate(state, gradients, input), key }, loss];
  };
  return { data: { features: features.data, adjacency: adjacency.data }, step };
}
