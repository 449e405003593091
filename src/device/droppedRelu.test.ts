import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activate } from '../tensor/ops/activation.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { droppedRelu } from '../tensor/passes/droppedRelu.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, dense, type OpCase, runCase, tightLimits } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** The gradient through dropout(relu(x)), read off its output, against the mask drawn again. */

const ROWS = 301;

const cases: OpCase[] = [3, 16, 33].map((width) => ({
  name: `width ${width}`,
  sizes: {},
  build(g) {
    const [x, w1, w2] = [dense(g, 'x', ROWS, width), dense(g, 'w1', width, width), dense(g, 'w2', width, width)];
    const hidden = dropout(g, activate(g, 'relu', matmul(g, x[0], w1[0])), null);
    const data = [x, w1, w2];
    return { inputs: data, outputs: [matmul(g, hidden, w2[0])], moving: data.map(([value]) => value) };
  },
}));

describe.each([
  ['whole', () => DEFAULT_LIMITS],
  ['in panels', tightLimits],
] as const)('%s: the same bits', (_, limits) => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  const built = (c: OpCase, options = {}) =>
    [buildCase(c, limits(c), options), buildCase(c, limits(c), options, (g) => droppedRelu(g, 'main'))] as const;

  test.each(cases)('$name, on the CPU', async (c) => {
    const [drawn, read] = built(c);
    const kernels = ({ plan }: typeof drawn) => plan.routines.main.map(({ kernel }) => kernel);
    expect(kernels(drawn)).not.toEqual(kernels(read));
    const options = { poison: true };
    expect(await runCase(read, cpuExecutor(read.plan, options))).toEqual(
      await runCase(drawn, cpuExecutor(drawn.plan, options)),
    );
  });

  test.skipIf(NO_ADAPTER).each(cases)(`$name, on the GPU${NO_ADAPTER}`, async (c) => {
    const results = await Promise.all(
      built(c, { fuse: true }).map(async (one) => {
        const executor = await webgpuExecutor(gpu.device, gpu.description, one.plan);
        const arrays = await runCase(one, executor);
        executor.destroy();
        return arrays;
      }),
    );
    expect(results[1]).toEqual(results[0]);
  });
});
