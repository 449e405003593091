import * as tf from '@tensorflow/tfjs-core';
import { adamUpdate, keepDrawer } from './adam.mjs';
import { adjacencyProducts, featureProducts } from './products.mjs';

/** GCN, A·X·W + b, and GraphSAGE, A·X·W + b + X·R: advances the state by one step, gives the loss; the derivative by hand. */
export function convolution(input, formulation, target) {
  const { nodes, hidden: width, dropout, model } = input;
  const features = featureProducts(input, formulation);
  const adjacency = adjacencyProducts(input, formulation);
  const inLoss = tf.sum(target, -1, true);
  const draw = keepDrawer(input);
  const sage = model === 'sage';

  const step = (state) => {
    const { params } = state;
    const x = features.begin(draw);

    let before = tf.add(adjacency.forward(x.forward(params.w1)), params.b1);
    if (sage) before = tf.add(before, x.forward(params.r1));
    const keep = draw(nodes * width, dropout);
    const open = tf.step(before);
    const gate = keep ? tf.mul(open, tf.reshape(keep, [nodes, width])) : open;
    const hidden = tf.mul(before, gate);
    let scores = tf.add(adjacency.forward(tf.matMul(hidden, params.w2)), params.b2);
    if (sage) scores = tf.add(scores, tf.matMul(hidden, params.r2));
    const logProbability = tf.logSoftmax(scores);
    const loss = tf.neg(tf.sum(tf.mul(logProbability, target)));

    const dScores = tf.sub(tf.mul(tf.exp(logProbability), inLoss), target);
    const dProjected = adjacency.transposed(dScores);
    let dHidden = tf.matMul(dProjected, params.w2, false, true);
    if (sage) dHidden = tf.add(dHidden, tf.matMul(dScores, params.r2, false, true));
    const dBefore = tf.mul(dHidden, gate);
    const gradients = {
      w1: x.transposed(adjacency.transposed(dBefore)),
      b1: tf.sum(dBefore, 0),
      w2: tf.matMul(hidden, dProjected, true),
      b2: tf.sum(dScores, 0),
    };
    if (sage) {
      gradients.r1 = x.transposed(dBefore);
      gradients.r2 = tf.matMul(hidden, dScores, true);
    }
    adamUpdate(state, gradients, input);
    return loss;
  };
  return { tensors: [features.tensors, adjacency.tensors, inLoss], step };
}
