/** Counts, from outside, the bytes of every buffer that the devices of a GPU create and destroy. */
export interface BufferCount {
  readonly gpu: GPU;
  /** The most bytes held at once. */
  peak(): number;
  /** Bytes created and not destroyed; a lost device counts for nothing here: every buffer must be destroyed by name. */
  held(): number;
  /** Devices opened, and devices destroyed. */
  devices(): { opened: number; destroyed: number };
}

export function countBuffers(gpu: GPU): BufferCount {
  let [held, peak, opened, destroyed] = [0, 0, 0, 0];
  const watchBuffer = (buffer: GPUBuffer) => {
    const destroy = buffer.destroy.bind(buffer);
    let alive = true;
    held += buffer.size;
    peak = Math.max(peak, held);
    buffer.destroy = () => {
      if (alive) held -= buffer.size;
      alive = false;
      return destroy();
    };
    return buffer;
  };
  const watchDevice = (device: GPUDevice) => {
    const create = device.createBuffer.bind(device);
    const destroy = device.destroy.bind(device);
    opened++;
    device.createBuffer = (descriptor) => watchBuffer(create(descriptor));
    device.destroy = () => {
      destroyed++;
      return destroy();
    };
    return device;
  };
  const watched: Pick<GPU, 'requestAdapter'> = {
    async requestAdapter(options) {
      const adapter = await gpu.requestAdapter(options);
      if (!adapter) return null;
      const request = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => watchDevice(await request(descriptor));
      return adapter;
    },
  };
  return {
    gpu: watched as GPU,
    peak: () => peak,
    held: () => held,
    devices: () => ({ opened, destroyed }),
  };
}
