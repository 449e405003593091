import { heldBytes } from '../state/predictionHistory.ts';
import { usePage } from '../state/store.ts';
import { formatBytes } from '../theme/format.ts';
import { bytesText } from './describePlan.ts';
import classes from './MemoryPlan.module.css';

/** What main memory holds since the last run, and until when; nothing where that is nothing. */
export function Kept() {
  const { weights, predictions, opinions } = usePage((state) => state.keptBytes);
  const history = usePage((state) => (state.run ? heldBytes(state.run.history) : 0));
  const embedding = usePage((state) => state.embeddingBytes);
  const layout = usePage((state) => state.layoutBytes);
  const untilNext = [
    ['the trained weights', weights],
    ['the last predictions', predictions],
    ['those of all epochs that can be looked at again', history],
    ['answers about edits and attention', opinions],
  ] as const;
  const withNext = [
    ['the embedding on show', embedding],
    ['its layout while it is computed', layout],
  ] as const;
  const left = untilNext.filter(isThere);
  const counted = withNext.filter(isThere);
  if (left.length === 0 && counted.length === 0) return null;
  return (
    <p className={classes.fine}>
      Kept in main memory: <Parts parts={left} />
      {left.length > 0 && ' until the next run begins'}
      {left.length > 0 && counted.length > 0 && '; '}
      <Parts parts={counted} />
      {counted.length > 0 && ', which the forecast of the next run counts'}.
    </p>
  );
}

type Part = readonly [name: string, bytes: number];

const isThere = ([, bytes]: Part) => bytes > 0;

function Parts({ parts }: { readonly parts: readonly Part[] }) {
  return parts.map(([name, bytes], i) => (
    <span key={name} title={bytesText(bytes)}>
      {i > 0 && ', '}
      {name} ({formatBytes(bytes)})
    </span>
  ));
}
