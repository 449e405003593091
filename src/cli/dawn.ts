import { type Driver, findDrivers } from './drivers.ts';

/** Dawn, opened: a `GPU` that has at least one adapter. */
export interface OpenedDawn {
  readonly gpu: GPU;
  readonly driver: string;
  /** The adapter that `powerPreference: 'high-performance'` gets. */
  readonly adapter: GPUAdapterInfo;
  /** Lets Node exit; call it when every device is destroyed. */
  close(): void;
}

/** Timestamps in Node are otherwise quantised to 65.5 µs, too coarse for one kernel. */
const DAWN_OPTIONS = ['disable-dawn-features=timestamp_quantization'];

/**
 * What `create()` returned must outlive every device: when it is collected earlier, Node aborts; when it is never dropped,
 * Node does not exit.
 */
const held = new Set<GPU>();

/**
 * Opens Dawn on the first driver that gives it an adapter, or says in words why none did. A driver may be installed and yet
 * refused (Dawn refuses the lavapipe of Mesa 22), so every candidate is asked for an adapter. The Vulkan loader reads
 * VK_DRIVER_FILES each time that an instance is created, so one process can go from driver to driver.
 */
export async function openDawn(drivers: readonly Driver[] = findDrivers()): Promise<OpenedDawn | string> {
  let create: (options: string[]) => GPU;
  try {
    const dawn = await import('webgpu');
    create = dawn.create;
    Object.assign(globalThis, dawn.globals);
  } catch (error) {
    return `Dawn does not load on ${process.platform} ${process.arch} (${(error as Error).message.split('\n')[0]})`;
  }
  const before = process.env.VK_DRIVER_FILES;
  for (const { manifest, name } of drivers) {
    setManifest(manifest ?? before);
    const gpu = create(DAWN_OPTIONS);
    held.add(gpu);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter) return { gpu, driver: name, adapter: adapter.info, close: () => held.delete(gpu) };
    held.delete(gpu);
  }
  setManifest(before);
  return `no WebGPU adapter from ${drivers.map(({ name }) => name).join(' or ')}`;
}

function setManifest(manifest: string | undefined): void {
  // Assigning undefined would store the text "undefined".
  if (manifest === undefined) delete process.env.VK_DRIVER_FILES;
  else process.env.VK_DRIVER_FILES = manifest;
}
