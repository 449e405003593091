import type { Config } from '../config/schema.ts';
import { gcn } from './gcn.ts';
import { mlp } from './mlp.ts';
import type { Model } from './model.ts';

/** Every model by the value of `model.kind`. */
export const models: Readonly<Record<Config['model.kind'], Model>> = { gcn, mlp };
