import { BAD, GOOD, scaledStep } from '../src/device/testing/badGradient.ts';
import { describeAdapter, findAdapter, openDevice } from '../src/device/webgpu/adapter.ts';
import { webgpuExecutor } from '../src/device/webgpu/executor.ts';
import { DEFAULT_LIMITS } from '../src/tensor/plan.ts';

/** Steps with gradients that are not finite, on the browser's own WebGPU: answers for each of BAD, then for GOOD. */
async function steps() {
  const adapter = await findAdapter(navigator.gpu);
  if (!adapter) throw new Error('no adapter');
  const device = await openDevice(adapter, DEFAULT_LIMITS);
  const { plan, run } = scaledStep('adam', true);
  const executor = await webgpuExecutor(device, describeAdapter(adapter), plan);
  const answers = [];
  for (const number of [...BAD, GOOD]) answers.push({ number, ...(await run(executor, number)) });
  executor.destroy();
  device.destroy();
  return answers;
}

const lossScalePage = { steps };
export type LossScalePage = typeof lossScalePage;

declare global {
  interface Window {
    lossScalePage: LossScalePage;
  }
}
window.lossScalePage = lossScalePage;
