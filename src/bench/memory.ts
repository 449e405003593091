import { resolveConfig } from '../config/resolve.ts';
import { countBuffers } from '../device/webgpu/countBuffers.ts';
import type { DeviceInfo } from '../run/record.ts';
import { train } from '../train/session.ts';
import type { BenchRow, Suite } from './suite.ts';

/**
 * Three counts of GPU memory for the same run: the forecast, the ledger's peak, and what a wrapper around
 * GPUDevice.createBuffer and GPUBuffer.destroy counts from outside. They must be equal to the byte.
 */
export const memory: Suite = async ({ backends, graph, progress }) => {
  const backend = backends.find(({ kind }) => kind === 'webgpu');
  if (backend?.kind !== 'webgpu') throw new Error('memory needs WebGPU, and there is no adapter');
  const rows: BenchRow[] = [];
  const ratios: Record<string, number> = {};
  let used: DeviceInfo | null = null;
  const runs = [
    { data: 'debian-small', sets: [] },
    { data: 'debian-small', sets: ['model.kind=mlp'] },
    { data: 'debian-small', sets: ['sampling.strategy=neighbor'] },
    { data: 'debian', sets: [] },
    { data: 'debian', sets: ['memory.gpuBudget=24MB'] },
  ];
  for (const { data, sets } of runs) {
    const source = await graph(data);
    const { config } = resolveConfig({ dataset: data, sets: [...sets, 'training.epochs=2'] });
    const counted = countBuffers(backend.gpu);
    const { memory: bytes, device } = await train({
      graph: source,
      config,
      backend: { kind: 'webgpu', gpu: counted.gpu },
      fit: true,
    });
    const name = [data, ...sets].join(' ');
    const row = (what: string, value: number) =>
      rows.push({ name: `${name}: ${what}`, unit: 'bytes', median: value, lo: value, hi: value });
    row('forecast', bytes.forecast.gpu);
    row('ledger peak', bytes.peak.gpu);
    row('counted outside', counted.peak());
    row('host forecast', bytes.forecast.host);
    row('host peak', bytes.peak.host);
    ratios[`${name}: ledger / forecast`] = bytes.peak.gpu / bytes.forecast.gpu;
    ratios[`${name}: outside / forecast`] = counted.peak() / bytes.forecast.gpu;
    ratios[`${name}: left after the run`] = counted.held();
    progress(`${name}: ${bytes.forecast.gpu} forecast, ${bytes.peak.gpu} ledger, ${counted.peak()} outside`);
    used = device;
  }
  return { device: used!, rows, ratios };
};
