import type { Config } from '../config/schema.ts';
import { newGraph } from '../tensor/graph.ts';
import type { ModelShape } from './model.ts';
import { modelOf } from './models.ts';
import { declarations } from './parameters.ts';

/** Names and shapes of what a model is stored as, without a graph or a device. @throws InputError where there is no such model */
export function storedShapes(
  config: Config,
  { features, classes }: Pick<ModelShape, 'features' | 'classes'>,
): ReadonlyMap<string, readonly number[]> {
  const declared = declarations(newGraph());
  modelOf(config).build(declared, { features, classes, config });
  return new Map([...declared.parameters, ...declared.buffers].map(({ value, shape }) => [value.name, shape]));
}
