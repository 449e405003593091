import { CLASS_COLORS, classColor } from '../theme/palette.ts';
import { isOfClass, type Labelled } from './labels.ts';

/** What the colour of a node says: its true class, the predicted one, or whether that is wrong. */
export type ColourMode = 'class' | 'prediction' | 'error';

export interface Look {
  /** `#rrggbb` */
  readonly color: string;
  readonly alpha: number;
  /** Times the usual radius. */
  readonly scale: number;
}

/** How each node is painted, and in which order: later ones lie on top. */
export interface PaintSheet {
  readonly looks: readonly Look[];
  /** Index into looks, per node. */
  readonly look: Uint8Array;
  readonly order: Uint32Array;
}

export interface PaintRequest extends Labelled {
  readonly predictions: Uint16Array | null;
  /** Codes of the chosen split: 1 training, 2 validation, 3 test. */
  readonly split: Uint8Array | null;
  readonly mode: ColourMode;
  /** The class that the legend points at; the others step back. */
  readonly highlight: number | null;
}

/** Vermilion of Tol's palette: reads on both grounds, and is looked for where everything else is grey. */
export const WRONG = '#dd3d1f';
export const RIGHT = '#8a8f98';
const DIMMED = 0.1;

const COLOURS = CLASS_COLORS.length;
/** By class: one look per colour and one for no class, first the dimmed ones. */
const BY_CLASS: readonly Look[] = [DIMMED, 1].flatMap((alpha) =>
  Array.from({ length: COLOURS + 1 }, (_, i) => ({ color: classColor(i === COLOURS ? -1 : i), alpha, scale: 1 })),
);
/** By error: not judged, right, wrong; first the dimmed ones. */
const BY_ERROR: readonly Look[] = [0.3, 1].flatMap((share) => [
  { color: RIGHT, alpha: 0.25 * share, scale: 0.7 },
  { color: RIGHT, alpha: 0.75 * share, scale: 0.85 },
  { color: WRONG, alpha: share, scale: 1.25 },
]);

/**
 * Looks of all nodes. Among those that are not dimmed, classes lie on each other in the order of the nodes, so that none
 * hides the others; errors lie on top.
 */
export function paintSheet(request: PaintRequest): PaintSheet {
  const byError = request.mode === 'error';
  const looks = byError ? BY_ERROR : BY_CLASS;
  const lookOf = byError ? errorLook(request) : classLook(request);
  const layerOf = (index: number) => (byError ? index : Math.floor(index / (COLOURS + 1)));
  const look = Uint8Array.from({ length: request.labels.length }, (_, v) => lookOf(v));
  const starts = new Uint32Array(looks.length + 1);
  for (const index of look) starts[layerOf(index) + 1]++;
  for (let k = 0; k < looks.length; k++) starts[k + 1] += starts[k];
  const order = new Uint32Array(look.length);
  for (let v = 0; v < look.length; v++) order[starts[layerOf(look[v])]++] = v;
  return { looks, look, order };
}

function classLook(request: PaintRequest): (v: number) => number {
  const { labels, predictions, mode, highlight } = request;
  const predicted = mode === 'prediction' ? predictions : null;
  const classes = predicted ?? labels;
  const inFront = (v: number, index: number) => (predicted ? predicted[v] === index : isOfClass(request, v, index));
  const front = COLOURS + 1;
  return (v) => {
    const k = classes[v];
    const look = k < 0 ? COLOURS : k % COLOURS;
    return highlight === null || inFront(v, highlight) ? front + look : look;
  };
}

/** Only validation and test nodes are judged: the labels of the others are known to the model, or to nobody. */
function errorLook(request: PaintRequest): (v: number) => number {
  const { predictions, split, highlight } = request;
  return (v) => {
    const judged = predictions !== null && split !== null && split[v] >= 2;
    const look = !judged ? 0 : isOfClass(request, v, predictions[v]) ? 1 : 2;
    return highlight === null || isOfClass(request, v, highlight) ? 3 + look : look;
  };
}
