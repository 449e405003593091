import { diffConfigs } from '../../config/describe.ts';
import type { Config, ConfigKey, ConfigValue } from '../../config/schema.ts';
import type { ForecastView, MemoryView, PlanPicture } from '../../worker/protocol.ts';
import { labelOf } from '../controls/labels.ts';
import { formatCount } from '../theme/format.ts';
import { PURPOSE_NAMES } from '../theme/palette.ts';
import { shortBudget } from './budgetScale.ts';
import type { BudgetKey } from './budgets.ts';
import type { PlanItem, PlanLayout } from './planGeometry.ts';

/** The memory plan in sentences. */

/** What a budget is of; the first one has the slider. */
const LIMITS: readonly (readonly [BudgetKey, string])[] = [
  ['memory.gpuBudget', ''],
  ['memory.workerBudget', ' (worker)'],
  ['memory.diskBudget', ' (disk)'],
];

/** What makes batches smaller; a run may also be fitted by how it is computed or evaluated. */
const SHRINKING: readonly ConfigKey[] = ['sampling.batchSize', 'sampling.fanOut'];

/** Which strategy runs, and whether that is what was asked for or what fits. */
export function describeStrategy({ config, fitted, stepsPerEpoch }: ForecastView): string {
  const run = { ...config, ...fitted };
  const steps = stepsPerEpoch === 1 ? 'one step per epoch' : `${formatCount(stepsPerEpoch)} steps per epoch`;
  const training = run['sampling.strategy'] === 'neighbor';
  const evaluation = evaluationText(run);
  const limits = LIMITS.flatMap(([key, where]) => (config[key] > 0 ? [`${shortBudget(config[key])}${where}`] : []));
  const fits = limits.length > 0 ? `Fits in ${limits.join(', ')}` : '';
  if (!training) {
    const how = evaluation ? `evaluation ${evaluation}` : 'the whole graph at once';
    return `${fits ? `${fits} as a full batch` : 'Full batch'}: ${how}, ${steps}.`;
  }
  const smaller = config['sampling.strategy'] === 'neighbor';
  const shrunk = SHRINKING.some((key) => key in fitted);
  const by = smaller ? (shrunk ? ' with smaller batches' : ', sampled as asked for') : ' by sampling';
  const train = batches(run, 'sampling');
  const accumulate = run['training.accumulate'];
  const perStep = accumulate > 1 ? `${formatCount(accumulate)} to a step, ` : '';
  const rest = !evaluation
    ? 'evaluation on the whole graph'
    : evaluation === `in ${train}`
      ? 'evaluation likewise'
      : `evaluation ${evaluation}`;
  return `${fits ? `${fits}${by}` : 'Sampled'}: ${train}, ${perStep}${steps}; ${rest}.`;
}

/** `in batches of 512 seed nodes (fan-out 15, 10)`; empty on the whole graph. */
function evaluationText(config: Config): string {
  if (config['evaluation.strategy'] === 'full') return '';
  if (config['evaluation.strategy'] === 'neighbor') return `in ${batches(config, 'evaluation')}`;
  return `layer by layer, in batches of ${formatCount(config['evaluation.batchSize'])} nodes with all their neighbours`;
}

/** `batches of 512 seed nodes (fan-out 15, 10)`; without a graph there are no neighbours to fan out to. */
function batches(config: Config, pass: 'sampling' | 'evaluation'): string {
  const size = `batches of ${formatCount(config[`${pass}.batchSize`])} seed nodes`;
  return config['model.kind'] === 'mlp' ? size : `${size} (fan-out ${fanOutText(config[`${pass}.fanOut`])})`;
}

const fanOutText = (fanOut: readonly number[]) => fanOut.map((fan) => (fan < 0 ? 'all' : formatCount(fan))).join(', ');

/** What the fitter changed, as `batch size 1,024 → 512`; empty where it changed nothing. */
export function describeChanges({ config, fitted }: Pick<ForecastView, 'config' | 'fitted'>): string[] {
  const run = { ...config, ...fitted };
  return diffConfigs(config, run).map(
    ({ key, before, after }) => `${labelOf(key)} ${valueText(key, before)} → ${valueText(key, after)}`,
  );
}

function valueText(key: ConfigKey, value: ConfigValue): string {
  if (Array.isArray(value)) return fanOutText(value);
  if (key.endsWith('.strategy')) return STRATEGIES[value as string];
  return typeof value === 'number' ? formatCount(value) : String(value);
}

const STRATEGIES: Readonly<Record<string, string>> = {
  full: 'full batch',
  neighbor: 'neighbour sampling',
  layerwise: 'layer by layer',
  auto: 'whichever gathers less',
};

/** Where the room for a batch comes from; empty where nothing is sampled. */
export function describeCapacity({ capacityFrom }: ForecastView): string {
  if (capacityFrom === 'worst case') return 'Room for the worst case: no batch can be larger.';
  if (capacityFrom === 'probe') {
    return 'Room for the largest batch that a probe of the sampler drew, with a margin; a larger one is split.';
  }
  return '';
}

/** When an item lives: `train 3–6 of 34`, `from train 3 to evaluate 2`, `the whole run`. Dispatches count from 1. */
export function describeTime({ routines, length }: PlanPicture, from: number, to: number): string {
  if (from === 0 && to >= length - 1) return 'the whole run';
  const first = routines.find((routine) => from <= routine.to)!;
  const last = routines.find((routine) => to <= routine.to)!;
  const start = from - first.from + 1;
  const end = to - last.from + 1;
  if (first !== last) return `from ${first.name} ${start} to ${last.name} ${end}`;
  const count = first.to - first.from + 1;
  return `${first.name} ${start === end ? start : `${start}–${end}`} of ${count}`;
}

export interface ItemText {
  readonly title: string;
  readonly purpose: string;
  readonly lines: readonly string[];
}

/** What a block or a band is called. */
export function itemName(picture: PlanPicture, { bands }: PlanLayout, item: PlanItem): string {
  const { buffers, kind } = bands[item.band];
  if (buffers.length > 1) return `${buffers.length} ${kind === 'slot' ? 'small slots' : 'small buffers'}`;
  return item.block === null ? picture.buffers[buffers[0]].label : picture.blocks[item.block].name;
}

/** What a block or a band is, for the tooltip and for screen readers. */
export function describeItem(picture: PlanPicture, layout: PlanLayout, item: PlanItem): ItemText {
  return {
    title: itemName(picture, layout, item),
    purpose: PURPOSE_NAMES[item.purpose] ?? item.purpose,
    lines: itemLines(picture, layout, item),
  };
}

function itemLines(picture: PlanPicture, layout: PlanLayout, item: PlanItem): string[] {
  const { buffers, bytes, kind } = layout.bands[item.band];
  const first = picture.buffers[buffers[0]];
  if (buffers.length > 1) return [bytesText(bytes), `the largest: ${first.label}, ${bytesText(first.bytes)}`];
  const time = describeTime(picture, item.from, item.to);
  if (item.block === null) return [bytesText(bytes), time];
  const own = picture.blocks[item.block].bytes;
  if (kind === 'resident') return [bytesText(own), time];
  const sharers = layout.items.filter(({ band }) => band === item.band).length;
  const slot = sharers === 1 ? `alone in ${first.label}` : `one of ${sharers} in turn in ${first.label}`;
  return [bytesText(own), time, own < bytes ? `${slot} (${bytesText(bytes)})` : slot];
}

/** The engine's sentences hold bare numbers; long ones are hard to read. */
export const withSeparators = (sentence: string) =>
  sentence.replace(/\d{5,}/g, (digits) => formatCount(Number(digits)));

export const bytesText = (bytes: number) => `${formatCount(bytes)} bytes`;

/** Buffers that exist on a GPU only: the CPU executor passes parameters and results as they are. */
const GPU_ONLY = ['uniforms', 'staging'];

/** The planned bytes by purpose, as far as there is anything for the purpose on this backend. */
export function purposesOn(backend: 'webgpu' | 'cpu', { purposes }: ForecastView): Readonly<Record<string, number>> {
  if (backend === 'webgpu') return purposes;
  return Object.fromEntries(Object.entries(purposes).filter(([purpose]) => !GPU_ONLY.includes(purpose)));
}

/**
 * What the executor's ledger says and what it ought to say once everything is allocated. On the CPU the plan lies in main
 * memory, which holds other things too: its part is the sum by purpose.
 */
export function ledgerOf(forecast: ForecastView, memory: MemoryView | null, backend: 'webgpu' | 'cpu') {
  const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((all, part) => all + part, 0);
  return { held: memory && sum(memory.purposes), expected: sum(purposesOn(backend, forecast)) };
}

/** The line on the picture's upper edge. */
export function describeLedger(held: number | null, expected: number): string {
  if (held === null) return `predicted peak ${bytesText(expected)}`;
  if (held === expected) return `ledger = plan: ${bytesText(expected)}`;
  if (held > expected) return `ledger ${bytesText(held)}: ${formatCount(held - expected)} above the plan`;
  return `ledger ${formatCount(held)} of ${bytesText(expected)}`;
}
