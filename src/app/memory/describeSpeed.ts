import type { Config } from '../../config/schema.ts';
import type { SpeedView } from '../../worker/protocol.ts';
import { deviceName, formatCount, formatMs } from '../theme/format.ts';
import { describeChanges } from './describePlan.ts';

/** What a try of two seconds says about an epoch, in sentences. */
export function describeSpeed(
  { device, fitted, steps, samples, stepsPerEpoch, stepMs, epochMs }: SpeedView,
  config: Config,
) {
  const software = device.software && device.backend !== 'cpu' ? ' (software)' : '';
  const per =
    stepsPerEpoch === 1
      ? 'one step'
      : `${formatCount(stepsPerEpoch)} steps of ${formatMs(stepMs.median)} (${range(stepMs)})`;
  const interval = samples < 6 ? 'all that was seen, too few for an interval' : '95 % interval of the median';
  const changes = describeChanges({ config, fitted });
  const changed = changes.length > 0 ? ` Changed to fit: ${changes.join(', ')}.` : '';
  return (
    `Training takes ${formatMs(epochMs.median)} an epoch (${range(epochMs)}: ${interval}): ${per}. The evaluation that follows each ` +
    `is not in it. ${formatCount(steps)} steps were timed on ${deviceName(device)}${software}.${changed}`
  );
}

const range = ({ lo, hi }: SpeedView['stepMs']) => `${formatMs(lo)} to ${formatMs(hi)}`;
