import { meanInterval } from '../../run/meanInterval.ts';
import type { RunResult } from '../../run/record.ts';
import { formatPercent } from '../theme/format.ts';

/** Figures other than accuracy: where they are in a result, and what they are called. */
const FIGURES: Readonly<
  Record<string, readonly ['testRocAuc' | 'testMacroF1' | 'testMicroF1' | 'testWeightedF1', string]>
> = {
  rocAuc: ['testRocAuc', 'ROC-AUC'],
  macroF1: ['testMacroF1', 'macro F1'],
  microF1: ['testMicroF1', 'micro F1'],
  weightedF1: ['testWeightedF1', 'weighted F1'],
};

/** The test score of the best epoch, by the figure that the run was judged by. */
export function scoreOf(result: RunResult): number {
  const figure = FIGURES[result.metric];
  return figure ? (result[figure[0]] ?? Number.NaN) : result.testAcc;
}

/** ` macro F1`; nothing for an accuracy. */
function nameOf({ metric }: RunResult): string {
  return FIGURES[metric] ? ` ${FIGURES[metric][1]}` : '';
}

export function scoreText(result: RunResult): string {
  return `${formatPercent(scoreOf(result))}${nameOf(result)}`;
}

/** `81.2 ± 0.4 %`, and the same in a sentence. */
export function meanScore(results: readonly RunResult[]): { readonly text: string; readonly title: string } {
  const { n, mean, half } = meanInterval(results.map(scoreOf));
  const name = nameOf(results[0]);
  const what = `Mean test score over ${n} seeds`;
  if (half === null || !Number.isFinite(half)) {
    return { text: `${formatPercent(mean)}${name}`, title: `${what}; an interval takes three` };
  }
  // A narrow interval is not one of 0.0.
  const digits = half < 0.001 ? 2 : 1;
  const points = (value: number) => (100 * value).toFixed(digits);
  return {
    text: `${points(mean)} ± ${points(half)} %${name}`,
    title: `${what}, with Student's t interval of 95 %: ${points(mean - half)} % to ${points(mean + half)} %`,
  };
}
