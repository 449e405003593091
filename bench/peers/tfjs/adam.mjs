import * as tf from '@tensorflow/tfjs-core';
import { adam, initialWeights, parameterShapes, random } from '../input.mjs';

/** Parameters and Adam's moments, as tensors that are kept, and the count of steps. */
export function initialState(input) {
  const weights = initialWeights(input);
  const shapes = parameterShapes(input);
  const filled = (of) => Object.fromEntries(Object.keys(shapes).map((name) => [name, of(name)]));
  return {
    params: filled((name) => tf.tensor(weights[name], shapes[name])),
    m: filled((name) => tf.zeros(shapes[name])),
    v: filled((name) => tf.zeros(shapes[name])),
    t: 0,
  };
}

/**
 * 0 or 1/(1−rate) each, drawn on the host: `tf.dropout` draws there too, with a slower generator. Undefined where nothing is
 * dropped.
 */
export function keepDrawer({ seed }) {
  const next = random(seed);
  return (count, rate) =>
    rate === 0
      ? undefined
      : tf.tensor1d(Float32Array.from({ length: count }, () => (next() < rate ? 0 : 1 / (1 - rate))));
}

/** Advances the state in place. The first layer decays. */
export function adamUpdate(state, gradients, { lr, weightDecay }) {
  state.t++;
  const correction1 = 1 - adam.beta1 ** state.t;
  const correction2 = 1 - adam.beta2 ** state.t;
  for (const name of Object.keys(state.params)) {
    const decayed = name.endsWith('1');
    const gradient = decayed ? tf.add(gradients[name], tf.mul(state.params[name], weightDecay)) : gradients[name];
    const m = tf.add(tf.mul(state.m[name], adam.beta1), tf.mul(gradient, 1 - adam.beta1));
    const v = tf.add(tf.mul(state.v[name], adam.beta2), tf.mul(tf.square(gradient), 1 - adam.beta2));
    const root = tf.add(tf.sqrt(tf.div(v, correction2)), adam.epsilon);
    const param = tf.sub(state.params[name], tf.div(tf.mul(m, lr / correction1), root));
    tf.dispose([state.m[name], state.v[name], state.params[name]]);
    state.m[name] = tf.keep(m);
    state.v[name] = tf.keep(v);
    state.params[name] = tf.keep(param);
  }
}
