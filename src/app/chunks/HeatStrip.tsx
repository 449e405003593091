import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { formatCount, formatShare } from '../theme/format.ts';
import classes from './ChunkAccesses.module.css';
import { binText, type HeatRow } from './heatRows.ts';

/** Red, green and blue of what the cache answered, and of what was read from the store. */
const FOUND = [68, 119, 170] as const;
const READ = [238, 119, 51] as const;

/** One array: a cell for each chunk, or for some that follow each other. */
export function HeatStrip({ row, chunksPerBin }: { row: HeatRow; chunksPerBin: number }) {
  const { name, chunks, heat, fromStore } = row;
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, height, heat, fromStore);
  }, [heat, fromStore, width, height]);
  const point = ({ nativeEvent }: PointerEvent) =>
    setPointed(Math.min(heat.length - 1, Math.max(0, Math.floor((heat.length * nativeEvent.offsetX) / width))));
  const warm = heat.reduce((sum, one) => sum + (one > 0 ? 1 : 0), 0);
  const what = heat.length === chunks ? 'chunks' : 'groups of chunks';
  return (
    <div className={classes.row}>
      <p className={classes.name}>
        {name}
        <span>
          {formatCount(chunks)} {chunks === 1 ? 'chunk' : 'chunks'}
        </span>
      </p>
      <div
        ref={ref}
        className={classes.strip}
        role="img"
        aria-label={`${name}: of late ${formatCount(warm)} of ${formatCount(heat.length)} ${what} asked for, ${formatShare(row.hitRate)} of the look-ups found in the cache`}
        title={pointed === null ? undefined : cellText(row, pointed, chunksPerBin)}
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
      >
        <canvas ref={canvas} aria-hidden />
      </div>
      <p className={classes.rate}>{formatShare(row.hitRate)} found</p>
    </div>
  );
}

function cellText({ chunks, heat, fromStore }: HeatRow, bin: number, chunksPerBin: number): string {
  const which = binText(bin, chunksPerBin, chunks);
  if (!(heat[bin] > 0)) return `${which}: not asked for of late`;
  return `${which}: ${formatShare(1 - fromStore[bin])} found in the cache, ${formatShare(fromStore[bin])} read`;
}

function draw(canvas: HTMLCanvasElement, width: number, height: number, heat: Float32Array, fromStore: Float32Array) {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d')!;
  const cell = canvas.width / heat.length;
  // Cells that are wide enough to be told apart get a gap between them.
  const gap = cell > 6 * ratio ? ratio : 0;
  for (let bin = 0; bin < heat.length; bin++) {
    if (!(heat[bin] > 0)) continue;
    const mixed = FOUND.map((own, i) => Math.round(own + (READ[i] - own) * fromStore[bin]));
    // The coldest of those that were asked for is still seen.
    context.fillStyle = `rgb(${mixed.join(' ')} / ${Math.round(100 * (0.2 + 0.8 * heat[bin]))}%)`;
    context.fillRect(bin * cell, 0, Math.max(cell - gap, ratio / 2), canvas.height);
  }
}
