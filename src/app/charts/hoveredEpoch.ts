import { useSyncExternalStore } from 'react';

/** The epoch under the pointer, the same for all charts. Not part of the page's state: only a line and some numbers follow it. */
let hovered: number | null = null;
const listeners = new Set<() => void>();

export function hoverEpoch(epoch: number | null): void {
  if (epoch === hovered) return;
  hovered = epoch;
  for (const tell of listeners) tell();
}

export function useHoveredEpoch(): number | null {
  return useSyncExternalStore(subscribe, () => hovered);
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
