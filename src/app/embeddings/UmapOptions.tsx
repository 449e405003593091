import { Button, NativeSelect } from '@mantine/core';
import { Popover } from '../theme/Popover.tsx';
import classes from './Embeddings.module.css';
import { choose, useEmbedding } from './embeddingActions.ts';

const NEIGHBOURS = [5, 10, 15, 30, 50, 100];
const DISTANCES = [0, 0.05, 0.1, 0.25, 0.5, 0.8];

/** The two parameters of UMAP that change what a picture tells. */
export function UmapOptions() {
  const neighbours = useEmbedding((state) => state.neighbours);
  const minDist = useEmbedding((state) => state.minDist);
  return (
    <Popover
      label="Options of UMAP"
      width={260}
      button={(opens) => (
        <Button size="xs" variant="default" {...opens}>
          Options
        </Button>
      )}
    >
      <div className={classes.options}>
        <NativeSelect
          size="xs"
          label="Neighbours"
          description="Few show small groups, many the large picture."
          value={String(neighbours)}
          onChange={({ currentTarget: { value } }) => choose({ neighbours: Number(value) })}
          data={NEIGHBOURS.map(String)}
        />
        <NativeSelect
          size="xs"
          label="Minimum distance"
          description="How close together like nodes are put."
          value={String(minDist)}
          onChange={({ currentTarget: { value } }) => choose({ minDist: Number(value) })}
          data={DISTANCES.map(String)}
        />
      </div>
    </Popover>
  );
}
