/**
 * Colours that carry meaning, once for canvas, charts and legends. Each reads on the light and on the dark ground; classes
 * beyond the table repeat it. The hues of classes are spread so that neighbours in the table differ for colour-blind eyes too
 * (after Tol's "muted" and "bright" schemes, https://personal.sron.nl/~pault/).
 */
export const CLASS_COLORS = [
  '#4477aa',
  '#ee6677',
  '#228833',
  '#ccbb44',
  '#66ccee',
  '#aa3377',
  '#ee7733',
  '#009988',
  '#bb8844',
  '#8877dd',
  '#dd88bb',
  '#77aa44',
  '#cc3311',
  '#33bbaa',
  '#9988aa',
  '#5599dd',
] as const;

export const UNLABELLED = '#8a8f98';

export function classColor(index: number): string {
  return index < 0 ? UNLABELLED : CLASS_COLORS[index % CLASS_COLORS.length];
}

/**
 * How sure a model is, from not at all to certain: lightness falls and the hue turns all the way, so that it is read without the
 * hue too; the ends keep a distance from both grounds.
 */
export const CONFIDENCE_COLORS = ['#e0a020', '#cc5577', '#6f5fd0'] as const;

/** The colour at `share`, 0 to 1, of that scale, as `#rrggbb`. */
export function confidenceColor(share: number): string {
  const at = share * (CONFIDENCE_COLORS.length - 1);
  const from = Math.min(Math.floor(at), CONFIDENCE_COLORS.length - 2);
  const part = (color: string, i: number) => Number.parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => {
    const [a, b] = [part(CONFIDENCE_COLORS[from], i), part(CONFIDENCE_COLORS[from + 1], i)];
    return Math.round(a + (b - a) * (at - from));
  });
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** What bytes are for, in the plan's picture and in the ledger. */
export const PURPOSE_COLORS: Readonly<Record<string, string>> = {
  features: '#4477aa',
  graph: '#228833',
  labels: '#66ccee',
  parameters: '#ee6677',
  optimizer: '#aa3377',
  activations: '#ccbb44',
  results: '#009988',
  uniforms: '#8a8f98',
  staging: '#b0a99f',
};

/** Words for them that a newcomer knows. */
export const PURPOSE_NAMES: Readonly<Record<string, string>> = {
  features: 'features',
  graph: 'graph',
  labels: 'labels',
  parameters: 'weights',
  optimizer: 'optimiser',
  activations: 'activations',
  results: 'results',
  uniforms: 'dispatch parameters',
  staging: 'read-back',
};

/** The current run, then overlaid ones in the order in which they were chosen; none is a colour of a curve of the current run. */
export const RUN_COLORS = ['#4477aa', '#aa3377', '#228833', '#66ccee', '#bb8844', '#8877dd'] as const;
