import { differences, formatValue } from '../../config/describe.ts';
import { type PresetName, recommendedPreset } from '../../config/presets.ts';
import { type Config, type ConfigKey, type ConfigValue, entryOf } from '../../config/schema.ts';
import { labelOf } from '../controls/labels.ts';
import { formatBytes } from '../theme/format.ts';
import { showAddress } from './address.ts';
import { trainer } from './engine.ts';
import { isActive } from './run.ts';
import { get, presetConfig, set, tell } from './store.ts';

/** Changing the configuration, and the plan that follows from it. */

export function setValue(key: ConfigKey, value: ConfigValue): void {
  const { config, preset, graph } = get();
  if (key === 'model.kind') {
    set(ofKind(value as Config['model.kind'], config, preset, graph?.catalogueId ?? null));
  } else {
    set({ config: { ...config, [key]: value } });
  }
  showAddress();
  const planned = replan();
  if (isActive(get().run) && entryOf(key).live) void changeLive(key, value, planned);
}

/** Of a change that is beyond the running plan, the page says what the next one will be. */
async function changeLive(key: ConfigKey, value: ConfigValue, planned: Promise<void>): Promise<void> {
  if (!(await trainer.change(key, value))) return;
  await planned;
  const bytes = get().forecast?.picture.bytes;
  const size = bytes === undefined ? '' : `, of ${formatBytes(bytes)}`;
  tell(
    'info',
    `${labelOf(key)} ${formatValue(key, value)} is beyond this plan: the next epoch makes a new plan${size}.`,
  );
}

/** The protocol for another kind of model; what was set by hand stays. */
export function ofKind(kind: Config['model.kind'], config: Config, preset: PresetName, catalogueId: string | null) {
  const next = recommendedPreset(kind, catalogueId);
  const byHand = differences(config, presetConfig(preset));
  return { preset: next, config: { ...presetConfig(next), ...byHand, 'model.kind': kind } };
}

export function setPreset(preset: PresetName): void {
  set({ preset, config: presetConfig(preset) });
  showAddress();
  replan();
}

/** Back to what the preset says; the budget is the visitor's, not the protocol's. */
export function resetConfig(): void {
  const { preset, config } = get();
  set({ config: { ...presetConfig(preset), 'memory.gpuBudget': config['memory.gpuBudget'] } });
  showAddress();
  replan();
}

let planning = false;
let again = false;

/** Asks for the plan of the configuration as it is now. One request at a time: of many moves of a slider the last one counts. */
export async function replan(): Promise<void> {
  again = true;
  if (planning) return;
  planning = true;
  try {
    while (again) {
      again = false;
      await planOnce();
    }
  } finally {
    planning = false;
  }
}

async function planOnce(): Promise<void> {
  const { config, graph } = get();
  if (!graph) return;
  try {
    const forecast = await trainer.forecast(config);
    set({ forecast, refusal: null });
  } catch (error) {
    set({ refusal: (error as Error).message });
  }
  const unlimited = { ...config, 'memory.gpuBudget': 0 };
  const key = JSON.stringify([graph.id, unlimited]);
  if (key === unlimitedOf) return;
  unlimitedOf = key;
  const without = await trainer.forecast(unlimited).catch(() => null);
  set({ unlimitedBytes: without?.picture.bytes ?? null });
  setTimeout(() => {
    if (key === unlimitedOf && !isActive(get().run)) void walkLadder(unlimited);
  }, WALK_AFTER_MS);
}

/** Long enough for somebody who presses Train at once. */
const WALK_AFTER_MS = 1000;

/** A budget that nothing fits makes the planner try every setting once, and remember it: then a slider moves within a frame. */
async function walkLadder(unlimited: Config): Promise<void> {
  await trainer.forecast({ ...unlimited, 'memory.gpuBudget': 1 }).catch(() => {});
}

/** What `unlimitedBytes` was asked for. */
let unlimitedOf = '';
