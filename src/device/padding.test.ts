import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { rowWords } from './layout.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, runCase, tightLimits } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** The columns that pad a row to a multiple of four are zero after every kernel: the next one loads and sums them. */

const cases = allCases().filter(({ name }) =>
  /width (1|3|33)\b|× (1|3|33)\b|(2|7|42) classes|Adam|SGD|heads of (1|3|5|7|33)\b/.test(name),
);

describe(`padding on the device${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  /** The real device, and the buffers that it made, in the order of the plan. */
  function recording() {
    const made: GPUBuffer[] = [];
    const device = new Proxy(gpu.device, {
      get(target, key) {
        if (key === 'createBuffer') {
          return (descriptor: GPUBufferDescriptor) => {
            const buffer = target.createBuffer(descriptor);
            made.push(buffer);
            return buffer;
          };
        }
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { device, made };
  }

  async function bytesOf(buffer: GPUBuffer): Promise<ArrayBuffer> {
    const { device } = gpu;
    const staging = device.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    return bytes;
  }

  describe.each([
    { title: 'whole matrices', limitsOf: () => DEFAULT_LIMITS },
    { title: 'panels', limitsOf: tightLimits },
  ])('$title', ({ limitsOf }) => {
    test.skipIf(NO_ADAPTER).each(cases)('$name', async (c) => {
      const built = buildCase(c, limitsOf(c));
      const { device, made } = recording();
      const executor = await webgpuExecutor(device, gpu.description, built.plan);
      await runCase(built, executor);
      const padded = built.plan.placements.filter(
        (placement) => placement.resident && rowWords(placement) > placement.panel.cols,
      );
      for (const placement of padded) {
        const words = new Float32Array(await bytesOf(made[placement.buffer]), 0, placement.bytes / 4);
        const width = rowWords(placement);
        const stray = words.findIndex((word, i) => i % width >= placement.panel.cols && word !== 0);
        expect(stray, placement.piece.value.name).toBe(-1);
      }
      executor.destroy();
    });
  });

  test('most cases have padding', () => {
    const padded = cases.filter((c) => buildCase(c).plan.placements.some((p) => rowWords(p) > p.panel.cols));
    expect(padded.length).toBeGreaterThan(0.8 * cases.length);
  });
});
