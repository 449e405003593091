import type { BlockLink, BlocksView, GraphView } from '../../../worker/protocol.ts';
import { className, nodeName } from '../../graph/nodeText.ts';
import { formatCount } from '../../theme/format.ts';
import { classColor } from '../../theme/palette.ts';
import classes from './Batch.module.css';

/** In pixels. */
const ROW = 17;
const COLUMN = 210;
const TOP = 26;
const RADIUS = 4;
/** Letters of a name that a column has room for. */
const LETTERS = 24;

/** A column for each hop, the seed first, and an edge wherever one node's features go into another's. */
export function BatchPicture({ graph, view }: { graph: GraphView; view: BlocksView }) {
  const { columns, links, hops } = view;
  const rows = Math.max(...columns.map(({ nodes }) => nodes.length));
  const height = ROW * Math.max(6, rows);
  const bottom = columns.some(({ more }) => more > 0) ? ROW + 4 : 0;
  const x = (column: number) => 8 + COLUMN * column;
  const y = ([column, row]: readonly [number, number]) => TOP + (height * (row + 0.5)) / columns[column].nodes.length;
  const curve = ({ source, target }: BlockLink) => {
    const [sx, sy, tx, ty] = [x(source[0]), y(source), x(target[0]), y(target)];
    // Back to an earlier column it sags, so that it does not lie on the edge by which the node came; within a column it bows aside.
    const sag = sx < tx ? ROW : 0;
    const bend = sx === tx ? -28 : (sx - tx) / 2;
    return `M${tx} ${ty}C${tx + bend} ${ty + sag} ${sx === tx ? sx + bend : sx - bend} ${sy + sag} ${sx} ${sy}`;
  };
  const summary = columns
    .map(({ nodes, more }, hop) =>
      hop === 0 ? 'the seed' : `${formatCount(nodes.length + more)} new nodes at hop ${hop}`,
    )
    .join(', ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where there is no room, by keys too
    <section className={classes.picture} aria-label="Sampled blocks" tabIndex={0}>
      <svg
        width={x(columns.length)}
        height={TOP + height + bottom}
        role="img"
        aria-label={`The sampled blocks: ${summary}.`}
      >
        {links.map((link) => (
          <path
            key={`${link.hop} ${link.target} ${link.source}`}
            className={classes.link}
            data-known={link.source[0] < link.hop || undefined}
            d={curve(link)}
          />
        ))}
        {columns.map(({ nodes, more }, c) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a hop is its index
          <g key={c}>
            <text className={classes.title} x={x(c) - RADIUS} y={12}>
              {c === 0 ? 'seed' : `hop ${c}: ${formatCount(hops[c - 1].added)} new`}
            </text>
            {nodes.map(({ node, name, labels }, row) => (
              <g key={node}>
                <title>{`${nodeName(name, node)}: ${labels.map((label) => className(graph, label)).join(', ') || 'unlabelled'}`}</title>
                <circle cx={x(c)} cy={y([c, row])} r={RADIUS} fill={classColor(labels[0] ?? -1)} />
                <text className={classes.name} x={x(c) + RADIUS + 4} y={y([c, row]) + 4}>
                  {shortened(nodeName(name, node))}
                </text>
              </g>
            ))}
            {more > 0 && (
              <text className={classes.title} x={x(c) + RADIUS + 4} y={TOP + height + ROW - 2}>
                and {formatCount(more)} more
              </text>
            )}
          </g>
        ))}
      </svg>
      <p className={classes.key}>Colours are classes. Dashed: an edge to a node that was there already.</p>
    </section>
  );
}

function shortened(name: string): string {
  const points = Array.from(name);
  return points.length > LETTERS ? `${points.slice(0, LETTERS - 1).join('')}…` : name;
}
