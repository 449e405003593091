import { Button } from '@mantine/core';
import { MODELS_BYTES } from '../../worker/protocol.ts';
import { forgetModels } from '../state/modelActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './RunsPanel.module.css';

/** What the models of kept runs take on disk, and how to have the room back. */
export function KeptModels() {
  const models = usePage((state) => state.models);
  const busy = usePage(isBusy);
  if (models.length === 0) return null;
  const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
  const count = models.length === 1 ? '1 model is' : `${formatCount(models.length)} models are`;
  return (
    <div className={classes.models}>
      <p>
        {count} kept, {formatBytes(bytes)} on disk of at most {formatBytes(MODELS_BYTES)}: beyond that the oldest go.
      </p>
      <Button
        size="compact-xs"
        variant="default"
        disabled={busy}
        title="Their runs stay, with settings and curves"
        onClick={() => void forgetModels(models.map(({ slot }) => slot))}
      >
        Delete the models
      </Button>
    </div>
  );
}
