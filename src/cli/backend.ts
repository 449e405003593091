import { join } from 'node:path';
import { DeviceError } from '../config/errors.ts';
import { memoryTilings, type Tilings } from '../device/tiling.ts';
import { fileStore } from '../store/file.ts';
import type { Backend } from '../train/session.ts';
import { storedTilings } from '../train/tilings.ts';
import type { BackendChoice } from './args.ts';
import { openDawn } from './dawn.ts';
import { cacheFolder } from './download.ts';
import { warn } from './output.ts';

export interface OpenedBackend {
  readonly backend: Backend;
  /** What a person is told: the adapter and the driver it came from, or the CPU. */
  readonly description: string;
  close(): void;
}

/** Beside the downloads; where nothing can be written, for as long as this process lives. */
async function cachedTilings(): Promise<Tilings> {
  try {
    return storedTilings(await fileStore(join(cacheFolder(), 'tuning')));
  } catch {
    return memoryTilings();
  }
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
  const hint = choice === 'auto' ? '; --backend cpu was faster wherever both were measured' : '';
  const software = isFallbackAdapter ? ` (software, not a GPU${hint})` : '';
  return {
    backend: { kind: 'webgpu', gpu: dawn.gpu, tilings: await cachedTilings() },
    description: `${name}${software}, from ${dawn.driver}`,
    close: dawn.close,
  };
}
