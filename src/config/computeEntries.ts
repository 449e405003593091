import type { Entry } from './entry.ts';

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
  'compute.recompute': {
    type: 'enum',
    values: ['off', 'segments', 'tree'],
    default: 'off',
    group: 'compute',
    live: false,
    shown: false,
    help: 'Compute what the backward pass needs again instead of keeping it: segments takes less memory, tree least and most time; the curve stays the same to the bit.',
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
