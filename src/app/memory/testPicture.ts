import { DEFAULTS } from '../../config/schema.ts';
import type { ForecastView, PlanPicture } from '../../worker/protocol.ts';

/** A small plan for the tests: two weights and many tiny ones, two slots, a read-back. */
export function testPicture(): PlanPicture {
  const sizes = [
    ['parameters', 'W', 4000],
    ['features', 'X', 3000],
    ['optimizer', 'm', 4000],
    ...Array.from({ length: 5 }, (_, i) => ['parameters', `tiny ${i}`, 2] as const),
    ['activations', 'slot 0', 2000],
    ['activations', 'slot 1', 1000],
    ['staging', 'read-back', 500],
  ] as const;
  let offset = 0;
  const buffers = sizes.map(([purpose, label, bytes]) => {
    const buffer = { offset, bytes, purpose, label };
    offset += bytes;
    return buffer;
  });
  const stay = buffers.slice(0, 8).map(({ label, purpose, bytes }, buffer) => ({
    name: label,
    purpose,
    buffer,
    bytes,
    from: 0,
    to: 9,
  }));
  const pass = (name: string, buffer: number, bytes: number, from: number, to: number) =>
    ({ name, purpose: 'activations', buffer, bytes, from, to }) as const;
  return {
    bytes: offset,
    length: 10,
    routines: [
      { name: 'train', from: 0, to: 5 },
      { name: 'evaluate', from: 6, to: 9 },
    ],
    buffers,
    // Not in the order of time, as a plan's are not.
    blocks: [
      ...stay,
      pass('h2', 8, 500, 6, 7),
      pass('h1', 8, 2000, 1, 3),
      pass('g1', 9, 1000, 3, 4),
      pass('g2', 9, 800, 5, 6),
    ],
  };
}

export function testForecast(changes: Partial<ForecastView> = {}): ForecastView {
  const picture = testPicture();
  const purposes: Record<string, number> = {};
  for (const { purpose, bytes } of picture.buffers) purposes[purpose] = (purposes[purpose] ?? 0) + bytes;
  const memory = { gpu: picture.bytes, host: 0, disk: 0 };
  const from = { fromDisk: false, capacityFrom: null };
  return { config: DEFAULTS, fitted: {}, notes: [], memory, purposes, ...from, stepsPerEpoch: 1, picture, ...changes };
}
