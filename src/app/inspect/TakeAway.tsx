import { Button } from '@mantine/core';
import { alone } from '../state/alone.ts';
import { answered, trainer } from '../state/engine.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './Predictions.module.css';
import { saveFile } from './saveFile.ts';

/** What the trained model says of every node, and the model itself, as the files that the command line knows. */
export function TakeAway() {
  const name = usePage((state) => state.graph?.info.name ?? '');
  const done = usePage(({ run }) => run?.status === 'done');
  const busy = usePage(isBusy);
  if (!done) return null;
  const save = (file: string, type: string, ask: () => Promise<Uint8Array<ArrayBuffer>>) =>
    void alone(() => answered(ask())).then((bytes) => saveFile(file, bytes, type), tellError);
  return (
    <div className={classes.away}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<Icon name="down" />}
        disabled={busy}
        title="Class and probabilities of every node by the best epoch, as edgewise predict prints them"
        onClick={() => save(`${name}-predictions.csv`, 'text/csv', () => trainer.predictionsCsv())}
      >
        Predictions as CSV
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<Icon name="down" />}
        disabled={busy}
        title="Of the best epoch, with the names and shapes of PyTorch Geometric"
        onClick={() => save('weights.safetensors', 'application/octet-stream', () => trainer.weights())}
      >
        Weights as safetensors
      </Button>
    </div>
  );
}
