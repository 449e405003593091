import { SegmentedControl } from '@mantine/core';
import type { Metric } from '../../worker/projectorApi.ts';
import { Help } from '../glossary/Help.tsx';
import { nodeName } from '../graph/nodeText.ts';
import { ClassName } from '../inspect/ClassName.tsx';
import { pin } from '../state/inspectActions.ts';
import { tellError, usePage } from '../state/store.ts';
import classes from './Embeddings.module.css';
import { choose, type EmbeddingState, type ReadEmbedding, useEmbedding } from './embeddingActions.ts';
import { placeOf } from './picture.ts';

const METRICS: readonly { readonly value: Metric; readonly label: string }[] = [
  { value: 'cosine', label: 'Cosine' },
  { value: 'euclidean', label: 'Euclidean' },
];

interface NearestNodesProps {
  readonly read: ReadEmbedding;
  readonly pinned: number | null;
  readonly near: EmbeddingState['near'];
}

/** The nodes that the layer puts nearest to the pinned one: of all nodes, by all columns. */
export function NearestNodes({ read, pinned, near }: NearestNodesProps) {
  const metric = useEmbedding((state) => state.metric);
  const name = usePage(({ pinned }) => pinned && nodeName(pinned.name, pinned.node));
  return (
    <section className={classes.near} aria-label="Nearest nodes">
      <header>
        <h3>
          Nearest nodes
          <Help about="the nearest nodes">
            Exact, among all nodes and by all columns of the layer, not by their places in the picture. The cosine looks
            at the direction alone: 0 is the same one, 1 at right angles, 2 the opposite. UMAP goes by the same
            distance.
          </Help>
        </h3>
        <SegmentedControl
          size="xs"
          aria-label="Distance"
          value={metric}
          onChange={(value) => choose({ metric: value as Metric })}
          data={[...METRICS]}
        />
      </header>
      {pinned === null ? (
        <p className={classes.dim}>
          Click a point, or pin a node by its name: the nodes nearest to it are listed here.
        </p>
      ) : (
        <>
          <p className={classes.dim}>to {name}</p>
          <ol className={classes.list}>
            {near?.list.map(({ node, distance }) => (
              <li key={node}>
                <button type="button" onClick={() => pin(node).catch(tellError)}>
                  <span className={classes.name}>{nameOf(read, node)}</span>
                  <ClassOf read={read} node={node} />
                  <span className={classes.figure}>{distance.toPrecision(3)}</span>
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function nameOf({ graph, told }: ReadEmbedding, node: number): string {
  const place = placeOf(told, node);
  return nodeName(graph.nodeIds?.[node] ?? (place === null ? null : told.names?.[place]), node);
}

/** Of a node outside the sample that is drawn the page knows no class. */
function ClassOf({ read: { graph, told }, node }: { read: ReadEmbedding; node: number }) {
  const place = placeOf(told, node);
  return place === null ? <span /> : <ClassName graph={graph} index={told.labels[place]} />;
}
