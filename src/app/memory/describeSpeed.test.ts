import { expect, test } from 'vitest';
import { DEFAULTS } from '../../config/schema.ts';
import type { SpeedView } from '../../worker/protocol.ts';
import { describeSpeed } from './describeSpeed.ts';

const SPEED: SpeedView = {
  device: { backend: 'webgpu', vendor: 'v', architecture: 'a', description: 'A card', software: false },
  fitted: {},
  steps: 1234,
  samples: 40,
  stepsPerEpoch: 1,
  stepMs: { median: 12, lo: 11, hi: 13.5 },
  epochMs: { median: 12, lo: 11, hi: 13.5 },
};

test('a full batch is one step, and its speed has an interval', () => {
  expect(describeSpeed(SPEED, DEFAULTS)).toBe(
    'Training takes 12.0 ms an epoch (11.0 ms to 13.5 ms: 95 % interval of the median): one step. ' +
      'The evaluation that follows each is not in it. 1,234 steps were timed on A card.',
  );
});

test('batches say how many there are, what was fitted, and that a software adapter ran them', () => {
  const device = { ...SPEED.device, software: true };
  const epochMs = { median: 1200, lo: 1100, hi: 1350 };
  const fitted = { 'sampling.batchSize': 256 };
  const text = describeSpeed({ ...SPEED, device, fitted, samples: 5, stepsPerEpoch: 100, epochMs }, DEFAULTS);
  expect(text).toContain(
    'Training takes 1.20 s an epoch (1.10 s to 1.35 s: all that was seen, too few for an interval): 100 steps of 12.0 ms (',
  );
  expect(text).toContain('on A card (software)');
  expect(text).toMatch(/Changed to fit: batch size [\d,]+ → 256\.$/);
});
