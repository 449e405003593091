import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { GraphView, NeighbourhoodView } from '../../../worker/protocol.ts';
import { neighbourhood } from '../../state/sampleActions.ts';
import { tellError } from '../../state/store.ts';
import { formatCount } from '../../theme/format.ts';
import { ClassLegend } from '../ClassLegend.tsx';
import { GraphCanvas } from '../GraphCanvas.tsx';
import panel from '../GraphPanel.module.css';
import { nodeName } from '../nodeText.ts';
import classes from './Neighbourhood.module.css';
import { sampleView } from './sampleView.ts';

interface NeighbourhoodProps {
  /** One that is not drawn. */
  readonly graph: GraphView;
  /** Why, and where it is. */
  readonly why: string;
  /** Index into graph.splits. */
  readonly split: number;
  /** By its number in the whole graph. */
  readonly pinned: number | null;
  readonly onPin: (node: number | null) => void;
  /** What the marks mean. */
  readonly legend: ReactNode;
}

/** Of a graph too large to be drawn whole: a node and a sample of what lies around it. */
export function Neighbourhood({ graph, why, split, pinned, onPin, legend }: NeighbourhoodProps) {
  const [drawn, setDrawn] = useState<{ readonly view: NeighbourhoodView; readonly draw: number } | null>(null);
  const view = drawn?.view ?? null;
  const [busy, setBusy] = useState(false);
  const [highlight, setHighlight] = useState<number | null>(null);
  /** Samples that were asked for: the last one counts, and each is another. */
  const asked = useRef(0);
  const sample = useMemo(() => view && sampleView(graph, view), [graph, view]);
  const placeOf = useMemo(() => new Map(view?.nodes.map(({ node }, place) => [node, place])), [view]);

  const draw = async (which: number | null) => {
    const mine = ++asked.current;
    setBusy(true);
    try {
      const next = await neighbourhood({ which, draw: mine });
      if (mine !== asked.current) return;
      setDrawn({ view: next, draw: mine });
      if (which === null) onPin(next.nodes[0].node);
    } catch (error) {
      if (mine === asked.current) tellError(error);
    }
    if (mine === asked.current) setBusy(false);
  };
  const latest = useRef({ draw, placeOf });
  latest.current = { draw, placeOf };
  // A node may be pinned elsewhere, by its name or as a neighbour. What is drawn anew stays, though the pinned node is not in it.
  useEffect(() => {
    const { draw, placeOf } = latest.current;
    if (pinned !== null && !placeOf.has(pinned)) void draw(pinned);
  }, [pinned]);

  if (!drawn || !view || !sample) {
    return (
      <div className={classes.empty} aria-busy={busy}>
        <p>{why}</p>
        <p>Look at one of its nodes, by its name or number above, and a sample of what lies around it is drawn here.</p>
        <Button size="compact-sm" variant="default" loading={busy} onClick={() => void draw(null)}>
          A random node
        </Button>
      </div>
    );
  }
  const middle = view.nodes[0];
  const place = pinned === null ? null : (placeOf.get(pinned) ?? null);
  const mode = view.predicted ? 'prediction' : 'class';
  return (
    <>
      <div className={classes.head}>
        <p>
          A sample around <b>{nodeName(middle.name, middle.node)}</b>: {formatCount(view.nodes.length)} of{' '}
          {formatCount(graph.info.nodes)} nodes, up to two edges away
        </p>
        <div className={classes.actions}>
          <Button
            size="compact-xs"
            variant="default"
            disabled={pinned === null || pinned === middle.node}
            onClick={() => void draw(pinned)}
          >
            Centre on the pinned node
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => void draw(middle.node)}>
            Another sample
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => void draw(null)}>
            A random node
          </Button>
        </div>
      </div>
      <div className={panel.body} aria-busy={busy}>
        <div className={panel.picture}>
          <GraphCanvas
            // Another sample begins with nothing pointed at, and whole.
            key={drawn.draw}
            graph={sample}
            degrees={view.degrees}
            predictions={view.predicted?.classes ?? null}
            confidence={view.predicted?.confidence ?? null}
            mode={mode}
            split={split}
            highlight={highlight}
            pinned={place}
            onPin={(next) => onPin(next === null ? null : view.nodes[next].node)}
          />
        </div>
        <div className={panel.side}>
          {legend}
          {graph.classNames.length > 0 && (
            <ClassLegend
              graph={sample}
              predictions={view.predicted?.classes ?? null}
              split={split}
              coloured
              onHighlight={setHighlight}
            />
          )}
          <p className={classes.why}>{why}</p>
        </div>
      </div>
    </>
  );
}
