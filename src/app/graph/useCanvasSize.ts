import { type RefObject, useEffect, useState } from 'react';
import type { Size } from './viewport.ts';

/** Finer screens get two pixels per CSS pixel: four times as many to fill is what a frame has time for. */
const MAX_RATIO = 2;

/** Size of an element in CSS pixels and the device pixels per CSS pixel, as they are now; 0 × 0 before the first layout. */
export function useCanvasSize(element: RefObject<HTMLElement | null>): { size: Size; ratio: number } {
  const [measured, setMeasured] = useState({ size: { width: 0, height: 0 }, ratio: 1 });
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    let media: MediaQueryList | null = null;
    const measure = () => {
      // Moving to a screen of another density, or zooming the page, changes the ratio.
      media?.removeEventListener('change', measure);
      media = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
      media.addEventListener('change', measure);
      const size = { width: target.clientWidth, height: target.clientHeight };
      setMeasured({ size, ratio: Math.min(MAX_RATIO, devicePixelRatio) });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => {
      observer.disconnect();
      media?.removeEventListener('change', measure);
    };
  }, [element]);
  return measured;
}
