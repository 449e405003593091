import { numpy as np, random } from '@jax-js/jax';
import { adam, initialWeights, parameterShapes } from '../input.mjs';

export const array = (values, shape) => np.array(values).reshape(shape);

/** Parameters, Adam's moments and count of steps, and the key of the next random numbers. */
export function initialState(input) {
  const weights = initialWeights(input);
  const shapes = parameterShapes(input);
  const filled = (of) => Object.fromEntries(Object.keys(shapes).map((name) => [name, of(name)]));
  return {
    params: filled((name) => array(weights[name], shapes[name])),
    m: filled((name) => np.zeros(shapes[name])),
    v: filled((name) => np.zeros(shapes[name])),
    t: np.array(0, { dtype: np.float32 }),
    key: random.key(input.seed),
  };
}

/** Dropout with a key; consumes the key. */
export const dropWith = (key, rate) => (x) => {
  if (rate === 0) {
    key.dispose();
    return x;
  }
  return np.where(random.bernoulli(key, 1 - rate, x.shape), x.mul(1 / (1 - rate)), 0);
};

/** The next state without its key; consumes the state's parameters, moments and count. The first layer decays. */
export function adamUpdate(state, gradients, { lr, weightDecay }) {
  const t = state.t.add(1);
  const correction1 = np.subtract(1, np.exp(t.ref.mul(Math.log(adam.beta1))));
  const correction2 = np.subtract(1, np.exp(t.ref.mul(Math.log(adam.beta2))));
  const next = { params: {}, m: {}, v: {}, t };
  for (const name of Object.keys(state.params)) {
    const decayed = name.endsWith('1');
    const gradient = decayed ? gradients[name].add(state.params[name].ref.mul(weightDecay)) : gradients[name];
    const m = state.m[name].mul(adam.beta1).add(gradient.ref.mul(1 - adam.beta1));
    const v = state.v[name].mul(adam.beta2).add(np.square(gradient).mul(1 - adam.beta2));
    const root = np.sqrt(v.ref.div(correction2.ref)).add(adam.epsilon);
    next.params[name] = state.params[name].sub(m.ref.div(correction1.ref).div(root).mul(lr));
    next.m[name] = m;
    next.v[name] = v;
  }
  correction1.dispose();
  correction2.dispose();
  return next;
}
