import { linearParameters, linearStack } from './layers.ts';
import type { Model } from './model.ts';

/** Multilayer perceptron on the same features: what it lacks against a GCN is what the graph is worth. */
export const mlp: Model = {
  operator: null,
  parameters: (g, shape) => linearParameters(g, shape, 'lins'),
  forward: (g, parameters, inputs, mode) => linearStack(g, parameters, inputs, mode, (h) => h),
};
