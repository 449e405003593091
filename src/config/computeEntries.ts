import type { Entry } from './entry.ts';

/** A pass of a compiled plan. */
const pass = (help: string) =>
  ({ type: 'enum', values: ['on', 'off'], default: 'on', group: 'compute', live: false, shown: false, help }) as const;

/** How the same numbers are computed: passes over the plan. */
export const COMPUTE = {
  'compute.compiled': {
    type: 'enum',
    values: ['on', 'off'],
    default: 'on',
    group: 'compute',
    live: false,
    shown: false,
    help: 'Fused kernels and shared buffers; off: one kernel per operation and one buffer per value, as without a compiler.',
  },
  'compute.reorder': pass('Where compiled: multiply by the graph or by the weights first, whichever takes less work.'),
  'compute.fuse': pass(
    'Where compiled: bias, activation, dropout and sums join the kernel whose result they work on, and ReLU and dropout share a mask.',
  ),
  'compute.slots': pass('Where compiled: values that are not needed at the same time share a buffer.'),
  'compute.autotune': pass(
    'Where compiled: the GPU tries the tiles of its large kernels once and remembers the fastest of each.',
  ),
  'compute.recompute': {
    type: 'enum',
    values: ['off', 'segments', 'tree'],
    default: 'off',
    group: 'compute',
    live: false,
    shown: false,
    help: 'Compute what the backward pass needs again instead of keeping it: segments takes less memory, tree least and most time; the curve stays the same to the bit, unless the compiler of a GPU rounds a fused copy in another way.',
  },
  'compute.precision': {
    type: 'enum',
    values: ['f32', 'f16'],
    default: 'f32',
    group: 'compute',
    live: false,
    shown: false,
    help: 'How features, activations and their gradients are stored: f16 takes half the memory; sums and parameters stay in f32.',
  },
} as const satisfies Record<string, Entry>;

/**
 * What each pass does to a curve: an exact one changes no bit where a GPU's compiler rounds as kernels are written, a rounding one
 * the last ones.
 */
export const PASSES = {
  'compute.reorder': 'rounding',
  'compute.fuse': 'rounding',
  'compute.slots': 'exact',
  'compute.autotune': 'rounding',
  'compute.recompute': 'exact',
  'compute.precision': 'rounding',
} as const satisfies Partial<Record<keyof typeof COMPUTE, 'exact' | 'rounding'>>;

export type Pass = keyof typeof PASSES;

/** Every pass off: a plan as the model says it. */
export const WITHOUT_PASSES = {
  'compute.compiled': 'off',
  'compute.recompute': 'off',
  'compute.precision': 'f32',
} as const;

/** The passes that `compute.compiled` switches, all at once. */
const COMPILED: readonly string[] = ['compute.reorder', 'compute.fuse', 'compute.slots', 'compute.autotune'];

/** How a pass is set where these are the values of the keys. */
export function passSetting(config: Readonly<Record<Pass | 'compute.compiled', string>>, key: Pass): string {
  return COMPILED.includes(key) && config['compute.compiled'] === 'off' ? 'off' : config[key];
}
