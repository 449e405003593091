import { classColor } from '../theme/palette.ts';
import classes from './GraphCanvas.module.css';
import type { NodeText } from './nodeText.ts';
import type { Size } from './viewport.ts';

interface NodeTipProps {
  readonly text: NodeText;
  /** The node's middle, and how far from it the box stays, in pixels. */
  readonly at: readonly [number, number];
  readonly gap: number;
  readonly size: Size;
}

/** What is known of the node under the pointer, beside it and inside the canvas. */
export function NodeTip({ text, at: [x, y], gap, size }: NodeTipProps) {
  const across = x < size.width / 2 ? { left: x + gap } : { right: size.width - x + gap };
  const down = y < size.height / 2 ? { top: Math.max(4, y - 12) } : { bottom: Math.max(4, size.height - y - 12) };
  return (
    <div className={classes.tip} style={{ ...across, ...down }} aria-hidden>
      <b>{text.title}</b>
      <dl>
        {text.facts.map(({ term, value, colour }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>
              {colour !== null && <span className={classes.swatch} style={{ background: classColor(colour) }} />}
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
