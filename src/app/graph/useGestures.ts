import { type RefObject, useEffect, useRef } from 'react';

/** What hands do on the canvas, in CSS pixels from its corner. */
export interface Gestures {
  pan(dx: number, dy: number): void;
  /** False where the zoom is at its end: then the page scrolls. */
  zoom(factor: number, at: readonly [number, number]): boolean;
  hover(at: readonly [number, number] | null): void;
  tap(at: readonly [number, number]): void;
  reset(): void;
}

/** Farther than this a press is a drag. */
const SLOP = 4;

/**
 * A mouse drags to pan and wheels to zoom. On a touch screen one finger scrolls the page, as everywhere on it, and two
 * pan and zoom the graph (the element needs `touch-action: pan-x pan-y`); a tap chooses a node.
 */
export function useGestures(element: RefObject<HTMLElement | null>, gestures: Gestures): void {
  const latest = useRef(gestures);
  useEffect(() => {
    latest.current = gestures;
  });
  useEffect(() => {
    if (!element.current) return;
    return listen(element.current, () => latest.current);
  }, [element]);
}

function listen(target: HTMLElement, gestures: () => Gestures): () => void {
  const pointers = new Map<number, [number, number]>();
  let travelled = 0;
  const place = (event: MouseEvent): [number, number] => {
    const box = target.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, place(event));
    travelled = pointers.size > 1 ? SLOP + 1 : 0;
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    const now = place(event);
    if (!before) {
      if (event.pointerType !== 'touch') gestures().hover(now);
      return;
    }
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    travelled += Math.hypot(dx, dy);
    pointers.set(event.pointerId, now);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)![1];
      const distance = (at: [number, number]) => Math.max(1, Math.hypot(at[0] - other[0], at[1] - other[1]));
      gestures().pan(dx / 2, dy / 2);
      gestures().zoom(distance(now) / distance(before), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
    } else if (event.pointerType !== 'touch' && travelled > SLOP) {
      // Captured only now: a captured pointer would send double clicks to another place.
      target.setPointerCapture(event.pointerId);
      gestures().hover(null);
      gestures().pan(dx, dy);
    }
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === 'pointerup' && travelled <= SLOP) gestures().tap(place(event));
  };
  const leave = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') gestures().hover(null);
  };
  const wheel = (event: WheelEvent) => {
    // Lines and pages, where a browser counts in them, as pixels.
    const delta = event.deltaY * [1, 16, 400][event.deltaMode];
    // A pinch on a touchpad comes as a wheel with the control key, in much smaller steps.
    const factor = 2 ** (-delta / (event.ctrlKey ? 60 : 300));
    if (gestures().zoom(factor, place(event)) || event.ctrlKey) event.preventDefault();
  };
  const touch = (event: TouchEvent) => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  };
  const double = () => gestures().reset();

  const events = new AbortController();
  const { signal } = events;
  target.addEventListener('pointerdown', down, { signal });
  target.addEventListener('pointermove', move, { signal });
  target.addEventListener('pointerup', up, { signal });
  target.addEventListener('pointercancel', up, { signal });
  target.addEventListener('pointerleave', leave, { signal });
  target.addEventListener('dblclick', double, { signal });
  target.addEventListener('wheel', wheel, { signal, passive: false });
  target.addEventListener('touchstart', touch, { signal, passive: false });
  target.addEventListener('touchmove', touch, { signal, passive: false });
  return () => events.abort();
}
