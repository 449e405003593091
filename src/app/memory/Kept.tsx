import { usePage } from '../state/store.ts';
import { formatBytes } from '../theme/format.ts';
import { bytesText } from './describePlan.ts';
import classes from './MemoryPlan.module.css';

/** What main memory holds since the last run, and until when; nothing where that is nothing. */
export function Kept() {
  const { weights, predictions, opinions } = usePage((state) => state.keptBytes);
  const embedding = usePage((state) => state.embeddingBytes);
  const untilNext = [
    ['the trained weights', weights],
    ['the last predictions', predictions],
    ['answers about edits and attention', opinions],
  ] as const;
  const parts = untilNext.filter(([, bytes]) => bytes > 0);
  if (parts.length === 0 && embedding === 0) return null;
  return (
    <p className={classes.fine}>
      Kept in main memory:{' '}
      {parts.map(([name, bytes], i) => (
        <span key={name} title={bytesText(bytes)}>
          {i > 0 && ', '}
          {name} ({formatBytes(bytes)})
        </span>
      ))}
      {parts.length > 0 && ' until the next run begins'}
      {parts.length > 0 && embedding > 0 && '; '}
      {embedding > 0 && (
        <span title={bytesText(embedding)}>
          the embedding on show ({formatBytes(embedding)}), which the forecast of the next run counts
        </span>
      )}
      .
    </p>
  );
}
