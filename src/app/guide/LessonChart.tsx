import { formatBytes, formatMs } from '../theme/format.ts';
import { seriesColor } from './colors.ts';
import classes from './Lesson.module.css';
import type { Measure } from './lessons.ts';

export interface LessonChartProps {
  readonly measure: Measure;
  readonly axis: string;
  /** On the axis, from left to right. */
  readonly labels: readonly string[];
  /** Null where it has not run. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

const [WIDTH, HEIGHT] = [340, 170];
const PAD = { left: 8, right: 8, top: 22, bottom: 34 };

/** One figure of a lesson's runs: a point per run, with its number written beside it; the table says the same. */
export function LessonChart({ measure, axis, labels, series }: LessonChartProps) {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const [low, high] = rangeOf(measure, known);
  const x = (i: number) => PAD.left + ((i + 0.5) / labels.length) * (WIDTH - PAD.left - PAD.right);
  const y = (value: number) =>
    HEIGHT - PAD.bottom - ((value - low) / Math.max(high - low, 1e-9)) * (HEIGHT - PAD.top - PAD.bottom);
  return (
    <figure className={classes.chart}>
      <figcaption>{measure.title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken(measure, labels, series)}>
        <line
          className={classes.line}
          x1={PAD.left}
          x2={WIDTH - PAD.right}
          y1={HEIGHT - PAD.bottom}
          y2={HEIGHT - PAD.bottom}
        />
        {labels.map((label, i) => (
          <text key={label} className={classes.tick} x={x(i)} y={HEIGHT - PAD.bottom + 13}>
            {label}
          </text>
        ))}
        <text className={classes.tick} x={WIDTH / 2} y={HEIGHT - 4}>
          {axis}
        </text>
        {series.map(({ name, values }, s) => (
          <g key={name} style={{ color: seriesColor(s) }}>
            <polyline
              className={classes.curve}
              points={values.flatMap((value, i) => (value === null ? [] : [`${x(i)},${y(value)}`])).join(' ')}
            />
            {values.map(
              (value, i) =>
                value !== null && (
                  <g key={labels[i]}>
                    <circle cx={x(i)} cy={y(value)} r={3.5} fill="currentColor" />
                    <text className={classes.value} x={x(i)} y={y(value) + (below(series, s, i) ? 15 : -7)}>
                      {format(measure, value)}
                    </text>
                  </g>
                ),
            )}
          </g>
        ))}
      </svg>
    </figure>
  );
}

/** The lower of two points has its number below it, so that they do not cover each other. */
function below(series: LessonChartProps['series'], s: number, i: number): boolean {
  const mine = series[s].values[i] ?? 0;
  return series.some(({ values }, other) => other !== s && values[i] !== null && values[i] > mine);
}

/** Times and bytes start at zero; of accuracies the part that differs is shown. */
function rangeOf({ unit }: Measure, known: readonly number[]): [number, number] {
  if (known.length === 0) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (unit !== '%') return [0, high];
  return [Math.max(0, low - 5), Math.min(100, high + 2)];
}

export function format({ unit }: Measure, value: number): string {
  if (unit === '%') return `${value.toFixed(1)} %`;
  return unit === 'ms' ? formatMs(value) : formatBytes(value);
}

function spoken(measure: Measure, labels: readonly string[], series: LessonChartProps['series']): string {
  const parts = series.map(({ name, values }) => {
    const points = values.flatMap((value, i) => (value === null ? [] : [`${labels[i]}: ${format(measure, value)}`]));
    return points.length > 0 ? `${name}: ${points.join(', ')}` : `${name}: not run yet`;
  });
  return `${measure.title}. ${parts.join('. ')}`;
}
