import { useComputedColorScheme } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { GraphView } from '../../worker/protocol.ts';
import { formatCount } from '../theme/format.ts';
import type { Ink } from './draw.ts';
import { nodeRadius } from './draw.ts';
import classes from './GraphCanvas.module.css';
import { NodeTip } from './NodeTip.tsx';
import { nearestNode, nodeGrid } from './nearestNode.ts';
import { type Direction, degreeOf, neighboursOf, neighbourTowards } from './neighbours.ts';
import { type ColourMode, type Highlight, paintSheet } from './nodePaint.ts';
import { nodeText, spoken } from './nodeText.ts';
import { newPainter, type Painter } from './painter.ts';
import { useCanvasSize } from './useCanvasSize.ts';
import { useGestures } from './useGestures.ts';
import {
  boundsOf,
  panned,
  revealing,
  toGraph,
  toScreen,
  type Viewport,
  wholeView,
  zoomed,
  zoomOf,
} from './viewport.ts';

export interface GraphCanvasProps {
  readonly graph: GraphView;
  /** How many neighbours each node has, where the picture is a part of a graph that has more. */
  readonly degrees?: Uint32Array;
  /** What the picture is called, if it is not the graph's own: then no edges are drawn, but those of the node that is looked at. */
  readonly title?: string;
  /** Class that the model gives each node now. */
  readonly predictions: Uint16Array | null;
  /** Its probability, 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array | null;
  readonly mode: ColourMode;
  /** Index into graph.splits. */
  readonly split: number;
  readonly highlight: Highlight | null;
  /** The node that is looked at closely. */
  readonly pinned: number | null;
  /** A node was clicked, or chosen by Enter; null lets go of it. */
  readonly onPin: (node: number | null) => void;
}

const INK: Readonly<Record<'light' | 'dark', Ink>> = {
  light: { edge: '#1d2126', ring: '#1d2126', focus: '#1d2126' },
  dark: { edge: '#d3d7dc', ring: '#7d848d', focus: '#ffffff' },
};

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};
const PAN = 60;
const PANS = { left: [PAN, 0], right: [-PAN, 0], up: [0, PAN], down: [0, -PAN] } as const;
const ZOOM_STEP = 1.4;
/** How far from its rim, in pixels, a node still answers to the pointer. */
const REACH = 8;

/** The graph as discs and hairlines, to be looked at closely: see `keys` below and useGestures.ts. Needs positions. */
export function GraphCanvas({
  graph,
  degrees,
  title,
  mode,
  split,
  highlight,
  pinned,
  onPin,
  ...predicted
}: GraphCanvasProps) {
  const { predictions, confidence } = predicted;
  const { labels, labelSets } = graph;
  const classCount = graph.classNames.length;
  const positions = graph.positions ?? NO_POSITIONS;
  const edges = graph.edges ?? NO_EDGES;
  const codes = graph.splits[split] ?? null;
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const place = useRef<HTMLDivElement>(null);
  const layers = {
    edges: useRef<HTMLCanvasElement>(null),
    nodes: useRef<HTMLCanvasElement>(null),
    webgl: useRef<HTMLCanvasElement>(null),
    focus: useRef<HTMLCanvasElement>(null),
  };
  const { size, ratio } = useCanvasSize(place);
  const helpId = useId();

  const bounds = useMemo(() => boundsOf(positions), [positions]);
  const grid = useMemo(() => nodeGrid(positions), [positions]);
  const neighbours = useMemo(() => neighboursOf(labels.length, edges), [labels, edges]);
  const sheet = useMemo(
    () =>
      paintSheet({ labels, labelSets, predictions, confidence, classes: classCount, split: codes, mode, highlight }),
    [labels, labelSets, predictions, confidence, classCount, codes, mode, highlight],
  );

  /** Null shows the whole graph, whatever the size. */
  const [moved, setMoved] = useState<Viewport | null>(null);
  const whole = useMemo(() => wholeView(bounds, size), [bounds, size]);
  const view = moved ?? whole;
  const zoom = zoomOf(view, bounds, size);
  /** `told` where it was chosen by key or tap: then it is also read out, and stays. */
  const [focus, setFocus] = useState<{ readonly node: number; readonly told: boolean } | null>(null);
  const [message, setMessage] = useState('');

  const painter = useRef<Painter | null>(null);
  useEffect(() => {
    painter.current = newPainter({
      edges: layers.edges.current!,
      nodes: layers.nodes.current!,
      webgl: layers.webgl.current!,
      focus: layers.focus.current!,
    });
    return () => painter.current?.stop();
  }, [layers.edges, layers.nodes, layers.webgl, layers.focus]);
  useEffect(() => {
    const [ink, shown] = [INK[scheme], focus?.node ?? null];
    painter.current?.show({
      positions,
      edges: title ? NO_EDGES : edges,
      neighbours,
      split: codes,
      sheet,
      focus: shown,
      pinned,
      view,
      zoom,
      size,
      ratio,
      ink,
    });
  }, [positions, edges, title, neighbours, codes, sheet, focus, pinned, view, zoom, size, ratio, scheme]);

  const radius = nodeRadius(labels.length, size, zoom);
  const describe = (node: number) =>
    nodeText(graph, node, degrees?.[node] ?? degreeOf(neighbours, node), predictions, codes, confidence);
  const reveal = (node: number) => {
    // Not laid out yet: then all of it is going to be shown.
    if (size.width === 0) return;
    setMoved((before) => {
      const next = revealing(before ?? whole, positions[2 * node], positions[2 * node + 1], size);
      return next === whole ? null : next;
    });
  };
  const tell = (node: number) => {
    setFocus({ node, told: true });
    setMessage(spoken(describe(node)));
    reveal(node);
  };
  const nodeAt = (at: readonly [number, number], reach: number) =>
    nearestNode(grid, ...toGraph(view, at[0], at[1]), (radius + reach) / view.scale);
  const pan = (dx: number, dy: number) => setMoved((before) => panned(before ?? whole, dx, dy, bounds, size));
  const zoomAt = (factor: number, at: readonly [number, number]) => {
    setMoved((before) => {
      const next = zoomed(before ?? whole, factor, at, bounds, size);
      return next.scale === whole.scale ? null : next;
    });
    return factor > 1 || moved !== null;
  };
  const reset = () => setMoved(null);

  useGestures(place, {
    pan,
    zoom: zoomAt,
    reset,
    hover: (at) => {
      const node = at && nodeAt(at, REACH);
      if (node !== (focus?.node ?? null)) setFocus(node === null ? null : { node, told: false });
    },
    tap: (at) => {
      const node = nodeAt(at, 2 * REACH);
      if (node === null) setFocus(null);
      else {
        tell(node);
        onPin(node);
      }
    },
  });

  // A node may be pinned elsewhere, by its name or from a list.
  const latest = useRef(reveal);
  latest.current = reveal;
  useEffect(() => {
    if (pinned !== null) latest.current(pinned);
  }, [pinned]);

  const middle = [size.width / 2, size.height / 2] as const;
  const step = (direction: Direction) => {
    if (!focus) {
      const node = nearestNode(grid, ...toGraph(view, ...middle), 2);
      if (node !== null) tell(node);
      return;
    }
    const next = neighbourTowards(neighbours, positions, focus.node, direction);
    if (next === null)
      setMessage(
        `No neighbour ${direction === 'left' || direction === 'right' ? `to the ${direction}` : direction} of it.`,
      );
    else tell(next);
  };
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => zoomAt(ZOOM_STEP, middle),
    '=': () => zoomAt(ZOOM_STEP, middle),
    '-': () => zoomAt(1 / ZOOM_STEP, middle),
    '0': reset,
    Enter: () => focus && onPin(focus.node),
    Escape: () => {
      setFocus(null);
      onPin(null);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    const action = direction
      ? () => (event.shiftKey ? pan(PANS[direction][0], PANS[direction][1]) : step(direction))
      : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  const { nodes, edges: edgeCount } = graph.info;
  const what = title ?? `Picture of ${graph.info.name}`;
  const summary = `${what}: ${formatCount(nodes)} nodes of ${formatCount(classCount)} classes and ${formatCount(edgeCount)} edges, coloured by ${MODE_NAMES[mode]}.`;
  const spot = focus && toScreen(view, positions[2 * focus.node], positions[2 * focus.node + 1]);
  return (
    <div
      ref={place}
      className={classes.place}
      role="application"
      aria-roledescription="graph"
      aria-label={summary}
      aria-describedby={helpId}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is operated by keys.
      tabIndex={0}
      onKeyDown={onKeyDown}
      onBlur={() => setFocus(null)}
    >
      <canvas ref={layers.edges} className={classes.layer} aria-hidden />
      <canvas ref={layers.nodes} className={classes.layer} aria-hidden />
      <canvas ref={layers.webgl} className={classes.layer} aria-hidden />
      <canvas ref={layers.focus} className={classes.layer} aria-hidden />
      {focus && spot && <NodeTip text={describe(focus.node)} at={spot} gap={radius + 10} size={size} />}
      <p id={helpId} className={classes.spoken}>
        Arrow keys go from node to node along edges, with Shift they move the picture; plus, minus and zero zoom. Enter
        pins a node, Escape lets go of it.
      </p>
      <p className={classes.spoken} aria-live="polite">
        {message}
      </p>
    </div>
  );
}

const NO_POSITIONS = new Float32Array(0);
const NO_EDGES = new Uint32Array(0);
const MODE_NAMES: Readonly<Record<ColourMode, string>> = {
  class: 'true class',
  prediction: 'predicted class',
  error: 'whether the prediction is wrong',
  confidence: 'how sure the model is',
};
