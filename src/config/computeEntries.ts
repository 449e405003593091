import type { Entry } from './entry.ts';

/** How the same numbers are computed: passes over the plan. */
export const COMPUTE = {
  'compute.recompute': {
    type: 'enum',
    values: ['off', 'segments', 'tree'],
    default: 'off',
    group: 'compute',
    live: false,
    shown: false,
    help: 'Compute what the backward pass needs again instead of keeping it: segments takes less memory, tree least and most time; the curve stays the same to the bit.',
  },
} as const satisfies Record<string, Entry>;
