import { Button, Progress } from '@mantine/core';
import { formatPercent } from '../theme/format.ts';
import classes from './Embeddings.module.css';
import { giveUp, useEmbedding } from './embeddingActions.ts';

/** What is going on; always there, so that it is read out. */
export function Doing() {
  const doing = useEmbedding((state) => state.doing);
  return (
    <div className={classes.doing} role="status">
      {doing && (
        <>
          <span>
            {doing.task}
            {doing.share !== null && ` ${formatPercent(doing.share)}`}
          </span>
          <Progress
            className={classes.bar}
            size="xs"
            aria-label={doing.task}
            animated={doing.share === null}
            value={doing.share === null ? 100 : 100 * doing.share}
          />
          <Button size="compact-xs" variant="default" onClick={giveUp}>
            Cancel
          </Button>
        </>
      )}
    </div>
  );
}
