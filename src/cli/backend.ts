import { DeviceError } from '../config/errors.ts';
import type { Backend } from '../train/session.ts';
import type { BackendChoice } from './args.ts';
import { openDawn } from './dawn.ts';
import { warn } from './output.ts';

export interface OpenedBackend {
  readonly backend: Backend;
  /** What a person is told: the adapter and the driver it came from, or the CPU. */
  readonly description: string;
  close(): void;
}

const CPU: OpenedBackend = { backend: { kind: 'cpu' }, description: 'the CPU executor', close: () => {} };

/** Opens what `--backend` asks for. `auto` falls back to the CPU with a warning; `webgpu` without an adapter is a DeviceError. */
export async function openBackend(choice: BackendChoice): Promise<OpenedBackend> {
  if (choice === 'cpu') return CPU;
  const dawn = await openDawn();
  if (typeof dawn === 'string') {
    if (choice === 'webgpu') {
      throw new DeviceError(`--backend webgpu: ${dawn}; install a Vulkan driver or Chromium, or use --backend cpu.`);
    }
    warn(`${dawn}; using the CPU.`);
    return CPU;
  }
  const { vendor, architecture, description, isFallbackAdapter } = dawn.adapter;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'a GPU without a name';
  const software = isFallbackAdapter ? ' (software, not a GPU)' : '';
  return {
    backend: { kind: 'webgpu', gpu: dawn.gpu },
    description: `${name}${software}, from ${dawn.driver}`,
    close: dawn.close,
  };
}
