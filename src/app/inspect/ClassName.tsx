import type { GraphView } from '../../worker/protocol.ts';
import { className } from '../graph/nodeText.ts';
import { classColor } from '../theme/palette.ts';
import classes from './NodeCard.module.css';

/** A class with its colour. */
export function ClassName({ graph, index }: { graph: GraphView; index: number }) {
  return (
    <span className={classes.class}>
      <span className={classes.swatch} style={{ background: classColor(index) }} />
      <span className={classes.name}>{index < 0 ? 'unlabelled' : className(graph, index)}</span>
    </span>
  );
}
