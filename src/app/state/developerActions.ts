import { trainer } from './engine.ts';
import { get, set } from './store.ts';

/** What the developer panel does. */

export async function loadPlan(): Promise<void> {
  set({ plan: await trainer.dispatches(get().config).catch(() => null) });
}

export function profileNextEpoch(): void {
  void trainer.profile();
}

export function loseDevice(): void {
  void trainer.loseDevice();
}
