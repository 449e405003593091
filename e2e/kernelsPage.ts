import { BAD, GOOD, scaledStep } from '../src/device/testing/badGradient.ts';
import { matmulCase } from '../src/device/testing/cases.ts';
import { buildCase, runCase, tiledPlan } from '../src/device/testing/opCase.ts';
import { describeAdapter, findAdapter, openDevice } from '../src/device/webgpu/adapter.ts';
import { webgpuExecutor } from '../src/device/webgpu/executor.ts';
import { DEFAULT_LIMITS, type Plan } from '../src/tensor/plan.ts';
import { isOffered, MATMUL_TILES } from '../src/tensor/tiles.ts';

/** Kernels on the browser's own WebGPU, whose compiler is another one than in Node. */

async function open() {
  const adapter = await findAdapter(navigator.gpu);
  if (!adapter) throw new Error('no adapter');
  const device = await openDevice(adapter, DEFAULT_LIMITS);
  const executor = (plan: Plan) => webgpuExecutor(device, describeAdapter(adapter), plan);
  return { device, executor };
}

/** Steps with gradients that are not finite: answers for each of BAD, then for GOOD. */
async function steps() {
  const { device, executor } = await open();
  const { plan, run } = scaledStep('adam', true);
  const opened = await executor(plan);
  const answers = [];
  for (const number of [...BAD, GOOD]) answers.push({ number, ...(await run(opened, number)) });
  opened.destroy();
  device.destroy();
  return answers;
}

/** The three products of a linear layer in each tile that the device offers: results by the name of the tile. */
async function tiles() {
  const { device, executor } = await open();
  const built = [matmulCase('nn', 70, 70, 150), matmulCase('nt', 70, 21, 137), matmulCase('tn', 90, 70, 70)].map(
    (one) => buildCase(one),
  );
  const offered = MATMUL_TILES.filter((tile) => isOffered(tile, { subgroups: device.features.has('subgroups') }));
  const results: Record<string, number[][]> = {};
  for (const { name } of offered) {
    results[name] = [];
    for (const one of built) {
      const plan = tiledPlan(one.plan, name);
      const opened = await executor(plan);
      for (const array of await runCase({ ...one, plan }, opened)) results[name].push([...array]);
      opened.destroy();
    }
  }
  device.destroy();
  return results;
}

const kernelsPage = { steps, tiles };
export type KernelsPage = typeof kernelsPage;

declare global {
  interface Window {
    kernelsPage: KernelsPage;
  }
}
window.kernelsPage = kernelsPage;
