import { useElementSize } from '@mantine/hooks';
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { PlanPicture } from '../../worker/protocol.ts';
import { PURPOSE_COLORS } from '../theme/palette.ts';
import { describeItem, type ItemText, itemName } from './describePlan.ts';
import { drawPlan, MARGIN, type PlanColors } from './drawPlan.ts';
import classes from './PlanCanvas.module.css';
import { type Direction, hitTest, layoutPlan, neighbour, type PlanItem, type PlanLayout } from './planGeometry.ts';

interface PlanCanvasProps {
  readonly picture: PlanPicture;
  /** Bytes at the upper edge of the plot (`topOfScale`). */
  readonly top: number;
  /** Purpose that stands out. */
  readonly purpose: string | null;
  /** The plan is not the one that was asked for. */
  readonly stale: boolean;
  /** What lies over the plot: lines, level, playhead. */
  readonly children: (layout: PlanLayout) => ReactNode;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The packed picture: bytes over time, every block where it lies and as long as it lives. */
export function PlanCanvas({ picture, top, purpose, stale, children }: PlanCanvasProps) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [active, setActive] = useState<number | null>(null);
  /** Where the pointer is in the plot; null where the keys chose the block. */
  const [pointer, setPointer] = useState<number | null>(null);

  const layout = useMemo(() => {
    const size = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    return size.width > 0 && size.height > 0 ? layoutPlan(picture, size, top) : null;
  }, [picture, width, height, top]);
  const names = useMemo(() => layout?.items.map((item) => itemName(picture, layout, item)), [picture, layout]);
  // Another plan, or another size: the index may mean another block.
  const shown = layout && active !== null && active < layout.items.length ? active : null;

  const draw = useCallback(() => {
    if (!canvas.current || !layout || !names) return;
    const drawing = { layout, names, colors: colorsOf(canvas.current), active: shown, purpose };
    drawPlan(canvas.current, { width, height }, window.devicePixelRatio, drawing);
  }, [layout, names, width, height, shown, purpose]);
  useDrawing(draw);

  const onPointer = (event: PointerEvent) => {
    if (!layout) return;
    const box = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - box.left - MARGIN.left;
    setPointer(x);
    setActive(hitTest(layout, x, event.clientY - box.top - MARGIN.top));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!layout) return;
    const next = nextItem(layout, shown, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setPointer(null);
    setActive(next);
  };
  const item = shown === null ? undefined : layout?.items[shown];
  const text = layout && item && describeItem(picture, layout, item);
  return (
    <div
      ref={ref}
      className={classes.frame}
      data-stale={stale || undefined}
      // Arrow keys move between blocks, which no native element does.
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is interactive
      tabIndex={0}
      aria-label="Memory plan, bytes over time. Arrow keys move from block to block, Escape leaves."
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        // Coming by Tab shows where one is; coming by a click does not move what the pointer chose.
        if (layout?.items.length && event.currentTarget.matches(':focus-visible')) {
          setPointer(null);
          setActive((now) => now ?? 0);
        }
      }}
      onBlur={() => setActive(null)}
      onPointerMove={onPointer}
      onPointerDown={onPointer}
      onPointerLeave={() => setActive(null)}
    >
      <canvas ref={canvas} className={classes.canvas} />
      {layout && (
        <div
          className={classes.plot}
          style={{ left: MARGIN.left, top: MARGIN.top, width: layout.width, height: layout.height }}
        >
          {children(layout)}
          {item && text && <Tip text={text} purpose={item.purpose} {...anchorOf(item, layout, pointer)} />}
        </div>
      )}
      <div className={classes.spoken} aria-live="polite">
        {pointer === null && text && [text.title, text.purpose, ...text.lines].join(', ')}
      </div>
    </div>
  );
}

/** Where a key leads: undefined where it means nothing here. */
function nextItem(layout: PlanLayout, index: number | null, key: string): number | null | undefined {
  const last = layout.items.length - 1;
  if (key === 'Escape') return index === null ? undefined : null;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (!Object.hasOwn(ARROWS, key) || last < 0) return undefined;
  return index === null ? 0 : neighbour(layout, index, ARROWS[key]);
}

/** Half the width that a tip may have. */
const HALF_TIP = 130;

/** Above or below the item, where there is more room; at the pointer, or at the item's middle. */
function anchorOf(item: PlanItem, layout: PlanLayout, pointer: number | null) {
  const x = pointer ?? item.x + item.width / 2;
  const below = item.y < layout.height / 2;
  return {
    x: Math.max(HALF_TIP - MARGIN.left, Math.min(x, layout.width + MARGIN.right - HALF_TIP)),
    y: below ? item.y + item.height + 6 : item.y - 6,
    below,
  };
}

function Tip({
  text,
  purpose,
  x,
  y,
  below,
}: {
  text: ItemText;
  purpose: string;
  x: number;
  y: number;
  below: boolean;
}) {
  return (
    <div className={classes.tip} data-below={below || undefined} style={{ left: x, top: y }} aria-hidden="true">
      <b>{text.title}</b>
      <span>
        <i className={classes.swatch} style={{ background: PURPOSE_COLORS[purpose] }} />
        {text.purpose}
      </span>
      {text.lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </div>
  );
}

/** Custom properties cannot be read resolved, so the canvas carries the theme's colours as properties that can. */
function colorsOf(canvas: HTMLCanvasElement): PlanColors {
  const { color, textDecorationColor, borderTopColor, backgroundColor } = getComputedStyle(canvas);
  return { text: color, dim: textDecorationColor, line: borderTopColor, ground: backgroundColor };
}

/** Draws when `draw` changes and when the theme does, at most once a frame. */
function useDrawing(draw: () => void) {
  const latest = useRef(draw);
  const frame = useRef(0);
  const request = useCallback(() => {
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      latest.current();
    });
  }, []);
  useEffect(() => {
    latest.current = draw;
    request();
  }, [draw, request]);
  useEffect(() => {
    const observer = new MutationObserver(request);
    observer.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [request]);
}
