import type { GraphView } from '../../worker/protocol.ts';
import { className } from '../graph/nodeText.ts';
import { formatCount } from '../theme/format.ts';
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

interface ClassNamesProps {
  readonly graph: GraphView;
  /** None where unlabelled. */
  readonly labels: readonly number[];
  /** How many there is room for. */
  readonly most: number;
}

/** The classes of a node, of many the first. */
export function ClassNames({ graph, labels, most }: ClassNamesProps) {
  const shown = labels.length === 0 ? [-1] : labels.slice(0, most);
  return (
    <span className={classes.names}>
      {shown.map((index) => (
        <ClassName key={index} graph={graph} index={index} />
      ))}
      {labels.length > most && <span className={classes.dim}>and {formatCount(labels.length - most)} more</span>}
    </span>
  );
}
