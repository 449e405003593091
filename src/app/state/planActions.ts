import { type ConfigChange, diffConfigs, differences, formatValue } from '../../config/describe.ts';
import { type PresetName, recommendedPreset } from '../../config/presets.ts';
import { type Config, type ConfigKey, type ConfigValue, entryOf } from '../../config/schema.ts';
import type { SpeedView } from '../../worker/protocol.ts';
import { labelOf } from '../controls/labels.ts';
import { budgetsOf, NO_BUDGETS } from '../memory/budgets.ts';
import { formatBytes } from '../theme/format.ts';
import { showAddress } from './address.ts';
import { alone } from './alone.ts';
import { answered, trainer } from './engine.ts';
import { isActive } from './run.ts';
import { get, type PageGraph, type PageState, presetConfig, set, tell, tellError } from './store.ts';

/** Changing the configuration, and the plan that follows from it. */

export function setValue(key: ConfigKey, value: ConfigValue): void {
  const { config, preset, graph } = get();
  if (key === 'model.kind') apply(ofKind(value as Config['model.kind'], config, preset, graph));
  else apply({ preset, config: { ...config, [key]: value } });
}

export function setPreset(preset: PresetName): void {
  const { config } = get();
  apply({ preset, config: { ...presetConfig(preset), ...budgetsOf(config) } });
}

/** Back to what the preset says. */
export function resetConfig(): void {
  setPreset(get().preset);
}

/** Shows a configuration and plans for it; a run that goes on takes over what of it is live. */
function apply({ preset, config }: Pick<PageState, 'preset' | 'config'>): void {
  const changes = diffConfigs(get().config, config).filter(({ key }) => entryOf(key).live);
  set({ preset, config });
  showAddress();
  const planned = replan();
  if (isActive(get().run) && changes.length > 0) changeLive(changes, planned).catch(tellError);
}

/** Of a change that is beyond the running plan, the page says what the next one will be. */
async function changeLive(changes: readonly ConfigChange[], planned: Promise<void>): Promise<void> {
  const values = Object.fromEntries(changes.map(({ key, after }) => [key, after]));
  if (!(await answered(trainer.change(values)))) return;
  await planned;
  const { forecast, refusal } = get();
  const bytes = refusal === null ? forecast?.picture.bytes : undefined;
  const size = bytes === undefined ? '' : `, of ${formatBytes(bytes)}`;
  const what = changes.map(({ key, after }) => `${labelOf(key)} ${formatValue(key, after)}`).join(', ');
  tell('info', `${what}: beyond this plan, so the next epoch makes a new one${size}.`);
}

/** The protocol for another kind of model; what was set by hand stays. */
export function ofKind(kind: Config['model.kind'], config: Config, preset: PresetName, graph: PageGraph | null) {
  const next = recommendedPreset(kind, graph?.catalogueId ?? null, graph?.info.multiLabel);
  const byHand = differences(config, presetConfig(preset));
  return { preset: next, config: { ...presetConfig(next), ...byHand, 'model.kind': kind } };
}

/** How long an epoch of the configuration as it is takes, tried for two seconds. */
export function trySpeed(): Promise<SpeedView> {
  return alone(() => answered(trainer.speed(get().config)));
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
    const forecast = await answered(trainer.forecast(config));
    set({ forecast, refusal: null });
  } catch (error) {
    set({ refusal: (error as Error).message });
  }
  const unlimited = { ...config, ...NO_BUDGETS };
  const key = JSON.stringify([graph.id, unlimited]);
  if (key === unlimitedOf) return;
  unlimitedOf = key;
  const without = await answered(trainer.forecast(unlimited)).catch(() => null);
  set({ unlimitedBytes: without?.picture.bytes ?? null });
  setTimeout(() => {
    if (key === unlimitedOf && !isActive(get().run)) void trainer.rehearse(unlimited);
  }, REHEARSE_AFTER_MS);
}

/** Long enough for somebody who presses Train at once. */
const REHEARSE_AFTER_MS = 1000;

/** What `unlimitedBytes` was asked for. */
let unlimitedOf = '';
