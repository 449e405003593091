import { gpu, NO_ADAPTER } from '../../device/testing/dawn.ts';
import type { Backend } from '../session.ts';

/** Both executors, for `describe.each(BACKENDS)`. */
export interface TestBackend {
  readonly title: string;
  readonly backend: Backend;
  readonly missing: boolean;
}

export const CPU: TestBackend = { title: 'CPU', backend: { kind: 'cpu' }, missing: false };

export const WEBGPU: TestBackend = {
  title: `WebGPU${NO_ADAPTER}`,
  backend: { kind: 'webgpu', gpu },
  missing: NO_ADAPTER !== '',
};

export const BACKENDS: readonly TestBackend[] = [CPU, WEBGPU];
