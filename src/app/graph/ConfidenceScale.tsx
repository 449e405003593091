import { formatShare } from '../theme/format.ts';
import { CONFIDENCE_COLORS } from '../theme/palette.ts';
import classes from './ConfidenceScale.module.css';
import { sureness } from './nodePaint.ts';

const TICKS = [0.25, 0.5, 0.75, 1] as const;

/** What the colours of confidence mean, from the least that it can be. */
export function ConfidenceScale({ least }: { least: number }) {
  // A tick right beside the first would be written over it.
  const ticks = [least, ...TICKS.filter((tick) => sureness(tick, least) > 0.12)];
  return (
    <div className={classes.scale} role="img" aria-label={`Confidence, from ${formatShare(least)} to 100 %`}>
      <span
        className={classes.bar}
        style={{ background: `linear-gradient(to right, ${CONFIDENCE_COLORS.join(', ')})` }}
      />
      {ticks.map((tick) => (
        <span key={tick} className={classes.tick} style={{ left: `${100 * sureness(tick, least)}%` }}>
          {formatShare(tick)}
        </span>
      ))}
    </div>
  );
}
