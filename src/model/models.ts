import type { Config } from '../config/schema.ts';
import type { Model } from './model.ts';
import { appnp, gcn2, sgc } from './propagation.ts';
import { residualBlocks } from './residualBlocks.ts';
import { stack } from './stack.ts';

type Kind = Config['model.kind'];

/** Kinds that are stacked: layer upon layer, or residual blocks. */
const stacked = (kind: Parameters<typeof stack>[0]) => (config: Config) =>
  config['model.block'] === 'residual' ? residualBlocks(kind, config) : stack(kind, config);

/** Every model by the value of `model.kind`. */
const MODELS: Readonly<Record<Kind, (config: Config) => Model>> = {
  gcn: stacked('gcn'),
  sage: stacked('sage'),
  gin: stacked('gin'),
  gat: stacked('gat'),
  gatv2: stacked('gatv2'),
  appnp,
  sgc,
  gcn2,
  mlp: stacked('mlp'),
};

/** The model that a configuration describes. */
export function modelOf(config: Config): Model {
  return MODELS[config['model.kind']](config);
}
