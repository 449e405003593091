import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { markOnce } from '../marks.ts';
import { decimate, type ReferenceLine, rangeOf, type Series, type Unit } from './series.ts';
import { UNITS } from './units.ts';
import { lastEpoch, type XScale } from './xScale.ts';

export interface SparklineProps {
  readonly series: readonly Series[];
  readonly unit: Unit;
  readonly yRange?: readonly [number, number];
  readonly lines?: readonly ReferenceLine[];
  /** An epoch that is marked by a vertical line. */
  readonly at?: number | null;
  readonly width: number;
  readonly height: number;
}

/** The canvas's frame: room for the numbers left and below. */
const MARGIN = { left: 58, right: 18, top: 8, bottom: 18 } as const;

export function sparklineScale(series: readonly Series[]): XScale {
  return { left: MARGIN.left, right: MARGIN.right, from: 1, to: Math.max(2, lastEpoch(series)) };
}

/** Curves on a plain canvas: what shows a run's first point, before the charts' library is there. */
export function Sparkline({ series, unit, yRange, lines = [], at = null, width, height }: SparklineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const context = canvas.current?.getContext('2d');
      if (!context || width === 0) return;
      draw(context, { series, unit, yRange, lines, at, width, height }, scheme === 'dark' ? '#9ba3ad' : '#5b626b');
      if (series.some(({ x }) => x.length > 0)) markOnce('edgewise:first-curve');
    });
    return () => cancelAnimationFrame(frame);
  }, [series, unit, yRange, lines, at, width, height, scheme]);
  return <canvas ref={canvas} style={{ width, height, display: 'block' }} />;
}

function draw(
  context: CanvasRenderingContext2D,
  props: Required<Omit<SparklineProps, 'yRange'>> & Pick<SparklineProps, 'yRange'>,
  ink: string,
) {
  const { series, unit, yRange, lines, at: marked, width, height } = props;
  const { canvas } = context;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  const [low, high] = yRange ?? padded(rangeOf([...series, { y: lines.map(({ y }) => y) }]));
  const { to: last } = sparklineScale(series);
  const at = (x: number, y: number) =>
    [
      MARGIN.left + ((x - 1) / (last - 1)) * (width - MARGIN.left - MARGIN.right),
      height - MARGIN.bottom - ((y - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom),
    ] as const;

  context.font = '10px system-ui, sans-serif';
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.lineWidth = 0.5;
  for (const y of [low, (low + high) / 2, high]) {
    const [right, level] = at(last, y);
    context.globalAlpha = 0.35;
    context.beginPath();
    context.moveTo(MARGIN.left, level);
    context.lineTo(right, level);
    context.stroke();
    context.globalAlpha = 1;
    context.fillText(UNITS[unit].format(y), MARGIN.left - 4, level);
  }
  context.fillText(String(last), width - MARGIN.right, height - MARGIN.bottom / 2);

  for (const { y, label } of lines) {
    const [right, level] = at(last, y);
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(MARGIN.left, level);
    context.lineTo(right, level);
    context.stroke();
    context.fillText(label, right, level - 7);
  }
  if (marked !== null) {
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(...at(marked, low));
    context.lineTo(...at(marked, high));
    context.stroke();
  }
  for (const one of series.toReversed()) stroke(context, one, at);
}

function stroke(
  context: CanvasRenderingContext2D,
  one: Series,
  at: (x: number, y: number) => readonly [number, number],
): void {
  const { x, y } = decimate(one);
  context.strokeStyle = one.color;
  context.fillStyle = one.color;
  context.globalAlpha = one.faint ? 0.5 : 1;
  context.lineWidth = 1.5;
  context.setLineDash(one.dash ? [4, 3] : []);
  context.beginPath();
  let drawing = false;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i])) {
      drawing = false;
      continue;
    }
    const [px, py] = at(x[i], y[i]);
    if (drawing) context.lineTo(px, py);
    else context.moveTo(px, py);
    drawing = true;
  }
  context.stroke();
  // A single point has no line.
  if (x.length === 1 && Number.isFinite(y[0])) {
    const [px, py] = at(x[0], y[0]);
    context.fillRect(px - 2, py - 2, 4, 4);
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

/** A range with air around it; equal values get some too. */
function padded(range: readonly [number, number] | null): readonly [number, number] {
  const [low, high] = range ?? [0, 1];
  const air = 0.05 * (high - low) || 0.1 * Math.abs(high) || 1;
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}
