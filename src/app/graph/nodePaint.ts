import { CLASS_COLORS, classColor, confidenceColor, UNLABELLED } from '../theme/palette.ts';
import { isOfClass, type Labelled } from './labels.ts';

/** What the colour of a node says: its true class, the predicted one, whether that is wrong, or how sure the model is of it. */
export type ColourMode = 'class' | 'prediction' | 'error' | 'confidence';

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

/** What stands out while the rest steps back: one class, or the nodes that have a 1. */
export type Highlight = number | Uint8Array;

export interface PaintRequest extends Labelled {
  readonly predictions: Uint16Array | null;
  /** Probability of the predicted class, 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array | null;
  readonly classes: number;
  /** Codes of the chosen split: 1 training, 2 validation, 3 test. */
  readonly split: Uint8Array | null;
  readonly mode: ColourMode;
  readonly highlight: Highlight | null;
}

/** Vermilion of Tol's palette: reads on both grounds, and is looked for where everything else is grey. */
export const WRONG = '#dd3d1f';
export const RIGHT = '#8a8f98';
const DIMMED = 0.1;
/** Times its radius, a node that was marked. */
const SINGLE = 1.6;

const COLOURS = CLASS_COLORS.length;
/** Shades of confidence: more than an eye tells apart. */
const SHADES = 32;

/** A way to paint: the looks, first those that step back and then the same ones in full, and which of them a node has. */
interface Palette {
  readonly looks: readonly Look[];
  /** Among those that are not dimmed, nodes lie on each other by their look, or all in their own order, so that none hides the others. */
  readonly layered: boolean;
  /** From 0 to looks.length / 2. */
  lookOf(request: PaintRequest): (v: number) => number;
  /** Whether a node is of a class, by which the legend points at it. */
  isOf(request: PaintRequest): (v: number, index: number) => boolean;
}

const dimmedFirst = (looks: readonly Look[], share: number): Look[] => [
  ...looks.map((look) => ({ ...look, alpha: share * look.alpha })),
  ...looks,
];

/** One look per colour, and one for no class: unlabelled, or not evaluated. */
const byClass = (classesOf: (request: PaintRequest) => ArrayLike<number>, isOf: Palette['isOf']): Palette => ({
  looks: dimmedFirst(
    Array.from({ length: COLOURS + 1 }, (_, i) => ({ color: classColor(i === COLOURS ? -1 : i), alpha: 1, scale: 1 })),
    DIMMED,
  ),
  layered: false,
  lookOf(request) {
    const classes = classesOf(request);
    return (v) => (classes[v] < 0 || classes[v] >= request.classes ? COLOURS : classes[v] % COLOURS);
  },
  isOf,
});

const byLabels: Palette['isOf'] = (request) => (v, index) => isOfClass(request, v, index);
const byPredictions: Palette['isOf'] = (request) => {
  const { predictions } = request;
  return predictions ? (v, index) => predictions[v] === index : byLabels(request);
};

const PALETTES: Readonly<Record<ColourMode, Palette>> = {
  class: byClass(({ labels }) => labels, byLabels),
  prediction: byClass(({ predictions, labels }) => predictions ?? labels, byPredictions),
  error: {
    looks: dimmedFirst(
      [
        { color: RIGHT, alpha: 0.25, scale: 0.7 },
        { color: RIGHT, alpha: 0.75, scale: 0.85 },
        { color: WRONG, alpha: 1, scale: 1.25 },
      ],
      0.3,
    ),
    layered: true,
    // Only validation and test nodes are judged: the labels of the others are known to the model, or to nobody.
    lookOf(request) {
      const { predictions, split } = request;
      return (v) => {
        const judged = predictions !== null && split !== null && split[v] >= 2;
        return !judged ? 0 : isOfClass(request, v, predictions[v]) ? 1 : 2;
      };
    },
    isOf: byLabels,
  },
  confidence: {
    // The surest first, so that the others lie on top.
    looks: dimmedFirst(
      Array.from({ length: SHADES + 1 }, (_, i) => {
        const color = i === 0 ? UNLABELLED : confidenceColor(1 - (i - 1) / (SHADES - 1));
        return { color, alpha: 1, scale: 1 };
      }),
      DIMMED,
    ),
    layered: true,
    lookOf({ predictions, confidence, classes, labelSets }) {
      const least = leastConfidence(classes, labelSets !== null);
      return (v) => {
        if (!predictions || !confidence || predictions[v] >= classes) return 0;
        return SHADES - Math.round((SHADES - 1) * sureness(confidence[v] / 255, least));
      };
    },
    isOf: byLabels,
  },
};

/**
 * What the scale of confidence begins with: the least that the likeliest of so many classes can have. Several labels are
 * decisions of their own: then nothing follows from how many there are.
 */
export function leastConfidence(classes: number, several: boolean): number {
  return several ? 0 : 1 / Math.max(2, classes);
}

/** A confidence on a scale from 0, where it is the least that it can be, to 1. */
export function sureness(confidence: number, least: number): number {
  return Math.min(1, Math.max(0, (confidence - least) / (1 - least)));
}

/** Looks of all nodes. */
export function paintSheet(request: PaintRequest): PaintSheet {
  const { layered, lookOf, isOf, ...palette } = PALETTES[request.mode];
  const half = palette.looks.length / 2;
  // Single nodes are looked for; a class is a patch.
  const single = request.highlight instanceof Uint8Array;
  const looks = palette.looks.map((look, i) => (single && i >= half ? { ...look, scale: SINGLE * look.scale } : look));
  const [shade, front] = [lookOf(request), standsOut(request.highlight, isOf(request))];
  const look = new Uint8Array(request.labels.length);
  for (let v = 0; v < look.length; v++) look[v] = shade(v) + (front(v) ? half : 0);
  const layerOf = (index: number) => (layered ? index : Math.floor(index / half));
  const starts = new Uint32Array(looks.length + 1);
  for (const index of look) starts[layerOf(index) + 1]++;
  for (let k = 0; k < looks.length; k++) starts[k + 1] += starts[k];
  const order = new Uint32Array(look.length);
  for (let v = 0; v < look.length; v++) order[starts[layerOf(look[v])]++] = v;
  return { looks, look, order };
}

function standsOut(highlight: Highlight | null, isOf: (v: number, index: number) => boolean): (v: number) => boolean {
  if (highlight === null) return () => true;
  return typeof highlight === 'number' ? (v) => isOf(v, highlight) : (v) => highlight[v] === 1;
}
