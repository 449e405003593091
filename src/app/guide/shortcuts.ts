import { PIN_FIELD } from '../inspect/PinField.tsx';
import { playOrPause, stepOnce, stop } from '../state/runActions.ts';
import { set } from '../state/store.ts';

/** Keys that do something wherever the focus is, but in a field; each a single letter, which can be switched off (WCAG 2.1.4). */
export interface Shortcut {
  readonly key: string;
  readonly what: string;
  readonly run: () => void;
}

const tab = (index: number) => () => {
  const tabs = document.querySelectorAll<HTMLElement>('[role="tablist"] [role="tab"]');
  tabs[index]?.click();
  tabs[index]?.focus();
};

const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();

export const SHORTCUTS: readonly Shortcut[] = [
  { key: 't', what: 'train, pause, go on', run: playOrPause },
  { key: 'e', what: 'train one epoch', run: stepOnce },
  { key: 's', what: 'stop, and keep the run', run: stop },
  { key: 'g', what: 'to the graph', run: focus('section[aria-label="Graph"] [tabindex="0"]') },
  { key: 'n', what: 'look at a node', run: focus(`#${PIN_FIELD}`) },
  { key: 'b', what: 'to the GPU budget', run: focus('section[aria-label="Memory plan"] [role="slider"]') },
  { key: '1', what: 'the first tab below: runs (2 the second, and so on)', run: tab(0) },
  ...Array.from({ length: 8 }, (_, i) => ({ key: String(i + 2), what: '', run: tab(i + 1) })),
  { key: '?', what: 'this sheet', run: () => set({ guide: 'keys' }) },
];

/** Keys that belong to what has the focus. */
export const KEYS_INSIDE: readonly { readonly where: string; readonly keys: string; readonly what: string }[] = [
  { where: 'graph', keys: 'arrows', what: 'from node to node along the edges' },
  { where: 'graph', keys: 'Shift and arrows', what: 'move the picture' },
  { where: 'graph', keys: '+ − 0', what: 'nearer, further, all of it' },
  { where: 'graph', keys: 'Enter, Escape', what: 'pin the node, let go of it' },
  { where: 'sliders', keys: 'arrows, Page Up, Page Down', what: 'smaller and larger steps' },
  { where: 'number fields', keys: 'Enter', what: 'take the value' },
  { where: 'number fields, cards', keys: 'Escape', what: 'leave it as it was; close' },
  { where: 'tabs', keys: 'left, right', what: 'the tab before, the next' },
];

const OFF = 'edgewise:keys';

export function keysAreOn(): boolean {
  try {
    return localStorage.getItem(OFF) !== 'off';
  } catch {
    return true;
  }
}

export function switchKeys(on: boolean): void {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, 'off');
  } catch {
    // Then they are on again at the next visit.
  }
}

const TYPES_TEXT = 'input, textarea, select, [contenteditable], [role="slider"], [role="dialog"]';

/** Whether it was one of the shortcuts. */
export function pressed({ key, target, ctrlKey, metaKey, altKey, defaultPrevented, repeat }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || defaultPrevented || repeat || !keysAreOn()) return false;
  if (target instanceof Element && target.closest(TYPES_TEXT)) return false;
  const shortcut = SHORTCUTS.find((one) => one.key === key);
  shortcut?.run();
  return shortcut !== undefined;
}
