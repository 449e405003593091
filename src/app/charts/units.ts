import { formatBytes, formatMs, formatPercent } from '../theme/format.ts';
import type { Unit } from './series.ts';

/** How numbers of a unit are written, and what Plotly is told of their axis. */
interface UnitText {
  format(value: number): string;
  readonly tickformat: string;
  readonly ticksuffix: string;
}

export const UNITS: Readonly<Record<Unit, UnitText>> = {
  percent: { format: formatPercent, tickformat: '.0%', ticksuffix: '' },
  ms: { format: formatMs, tickformat: '', ticksuffix: ' ms' },
  bytes: { format: formatBytes, tickformat: '.3~s', ticksuffix: 'B' },
  loss: {
    format: (value) => (Number.isFinite(value) ? value.toFixed(3) : '–'),
    tickformat: '.2~f',

    ticksuffix: '',
  },
};
