import { Button } from '@mantine/core';
import { csvText } from '../inspect/csv.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './Embeddings.module.css';
import { forget, type Picture, type ReadEmbedding } from './embeddingActions.ts';
import { pictureRows } from './picture.ts';
import { npy } from './projector.ts';

/** The picture as a table, and the rows that it was made of. */
export function Downloads({ read, picture }: { read: ReadEmbedding; picture: Picture }) {
  const { graph, told } = read;
  const busy = usePage(isBusy);
  const layer = told.layer === null ? 'logits' : `layer-${told.layer + 1}`;
  const table = () => {
    const text = csvText(pictureRows(graph, told, picture.positions));
    saveFile(`${graph.info.name}-${layer}-${picture.made.method}.csv`, text, 'text/csv');
  };
  const rows = () =>
    npy().then((bytes) => saveFile(`${graph.info.name}-${layer}.npy`, bytes, 'application/octet-stream'), tellError);
  return (
    <div className={classes.downloads}>
      {(
        [
          ['CSV', 'Download the picture as CSV', 'A row for each node: name, label, prediction, x, y', table],
          ['npy', 'Download the embedding as npy', `${formatCount(told.cols)} numbers for each node, for NumPy`, rows],
        ] as const
      ).map(([text, label, title, act]) => (
        <Button
          key={text}
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={label}
          title={title}
          leftSection={<Icon name="down" />}
          onClick={() => void act()}
        >
          {text}
        </Button>
      ))}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        aria-label="Let go of the embedding"
        title="Frees its memory, which the forecast of the next run counts"
        disabled={busy}
        onClick={forget}
      >
        Let go
      </Button>
    </div>
  );
}
