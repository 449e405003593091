import { spmm } from '../tensor/ops/spmm.ts';
import { linearParameters, linearStack } from './layers.ts';
import type { Model } from './model.ts';

/**
 * Graph convolutional network: H' = σ(Â · dropout(H) · W + b), Â = D^-1/2 (A + I) D^-1/2.
 * Kipf and Welling, ICLR 2017, arXiv 1609.02907. Parameters are named as in PyTorch Geometric's layers.
 */
export const gcn: Model = {
  operator: 'gcn',
  parameters: (g, shape) => linearParameters(g, shape, 'convs'),
  forward: (g, parameters, inputs, mode) =>
    linearStack(g, parameters, inputs, mode, (h, layer) => spmm(g, inputs.blocks[layer], h, `Â·(${h.name})`)),
};
