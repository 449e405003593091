import type { Config } from '../config/schema.ts';
import { combine } from '../tensor/ops/combine.ts';
import { addBias } from '../tensor/ops/elementwise.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';
import { fanIn, glorot } from './init.ts';
import { activation, atLevel, drop, linear, normalization, project } from './layers.ts';
import type { Forward, Model, ModelShape } from './model.ts';
import type { Declarations } from './parameters.ts';
import { stack } from './stack.ts';

/** Models that gather more often than they transform: APPNP, SGC and GCNII. */

/**
 * A perceptron, whose logits then spread: Z ← (1 − α)·Â·Z + α·H, `model.steps` times (Gasteiger, Bojchevski and Günnemann, ICLR
 * 2019, arXiv 1810.05997). Its hidden layers are the perceptron's: they have not seen the graph.
 */
export function appnp(config: Config): Model {
  const { 'model.steps': hops, 'model.alpha': alpha } = config;
  const inner = stack('mlp', config, (layer) => `lin${layer + 1}`);
  return {
    operator: 'gcn',
    hops,
    hidden: inner.hidden,
    build(p, shape) {
      const perceptron = inner.build(p, shape);
      return function* (pass) {
        const { g, inputs } = pass;
        const first = yield* perceptron(pass);
        let z = first;
        for (const [hop, block] of inputs.blocks.entries()) {
          g.segment++;
          const spread = spmm(g, block, z, `Â·(${z.name})`);
          z = combine(g, 1 - alpha, spread, alpha, atLevel(pass, first, hop + 1));
        }
        return z;
      };
    },
  };
}

/** Âᴷ·X·W + b: one linear layer over `model.steps` hops (Wu et al., ICML 2019, arXiv 1902.07153). */
export function sgc(config: Config): Model {
  return {
    operator: 'gcn',
    hops: config['model.steps'],
    hidden: [],
    build(p, { features, classes }) {
      const weight = p.weight('conv1.lin.weight', features, classes, fanIn(features), 'convolution');
      const bias = p.vector('conv1.lin.bias', classes, fanIn(features), { role: 'convolution' });
      // biome-ignore lint/correctness/useYield: it has no hidden layer.
      return function* (pass) {
        // Linear all the way: the narrow logits are gathered, not the wide features.
        let z: Value = project(pass, drop(pass, pass.inputs.features, 0), weight);
        for (const block of pass.inputs.blocks) {
          pass.g.segment++;
          z = spmm(pass.g, block, z, 'Â·Z');
        }
        return addBias(pass.g, z, bias);
      };
    },
  };
}

/**
 * H ← σ(((1 − α)·Â·H + α·H₀)·((1 − β)·I + β·W)) with β = ln(θ / layer + 1), between a linear layer in front and one behind
 * (Chen et al., ICML 2020, arXiv 2007.02133).
 */
export function gcn2(config: Config): Model {
  return {
    operator: 'gcn',
    hops: config['model.layers'],
    hidden: Array.from({ length: config['model.layers'] + 1 }, (_, layer) => layer),
    build: (p, shape) => buildGcn2(p, shape),
  };
}

function buildGcn2(p: Declarations, { features, classes, config }: ModelShape): Forward {
  const { 'model.hidden': hidden, 'model.alpha': alpha, 'model.theta': theta } = config;
  const enter = linear(p, 'lins.0', features, hidden);
  const act = activation(p, config);
  const convolutions = Array.from({ length: config['model.layers'] }, (_, i) => {
    p.layer = i;
    const weight = p.matrix(`convs.${i}.weight1`, hidden, hidden, glorot(hidden, hidden), 'convolution');
    const norm = normalization(p, config['model.norm'], `norms.${i}`, hidden);
    return { weight, norm, beta: Math.log(theta / (i + 1) + 1) };
  });
  const leave = linear(p, 'lins.1', hidden, classes);
  return function* (pass) {
    const { g, inputs } = pass;
    const first = act(pass, enter(pass, drop(pass, inputs.features, 0)));
    let h = first;
    yield h;
    for (const [hop, { weight, norm, beta }] of convolutions.entries()) {
      g.segment++;
      const gathered = spmm(g, inputs.blocks[hop], drop(pass, h, hop), `Â·(${h.name})`);
      const mixed = combine(g, 1 - alpha, gathered, alpha, atLevel(pass, first, hop + 1));
      h = act(pass, norm(pass, combine(g, 1 - beta, mixed, beta, project(pass, mixed, weight))));
      yield h;
    }
    g.segment++;
    return leave(pass, drop(pass, h, convolutions.length));
  };
}
