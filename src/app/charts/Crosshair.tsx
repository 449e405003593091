import classes from './Crosshair.module.css';
import { useHoveredEpoch } from './hoveredEpoch.ts';
import { pixelOf, type XScale } from './xScale.ts';

export interface CrosshairProps {
  /** Asked when the pointer moves: a zoom changes it. */
  readonly scale: () => XScale;
  /** Of the drawing, in pixels. */
  readonly width: number;
}

/** A line at the epoch under the pointer, whichever chart that is in. */
export function Crosshair({ scale, width }: CrosshairProps) {
  const epoch = useHoveredEpoch();
  const left = epoch === null ? null : pixelOf(scale(), width, epoch);
  if (left === null) return null;
  return (
    <div className={classes.line} style={{ left }} data-flipped={left > width / 2 || undefined}>
      <span>epoch {epoch}</span>
    </div>
  );
}
