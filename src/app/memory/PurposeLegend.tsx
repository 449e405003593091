import { UnstyledButton } from '@mantine/core';
import { formatCount, formatPercent } from '../theme/format.ts';
import { PURPOSE_COLORS, PURPOSE_NAMES } from '../theme/palette.ts';
import classes from './PurposeLegend.module.css';

interface PurposeLegendProps {
  /** Planned bytes by purpose. */
  readonly purposes: Readonly<Record<string, number>>;
  /** Their sum. */
  readonly peak: number;
  /** Bytes held now by purpose; null where no run is going on. */
  readonly held: Readonly<Record<string, number>> | null;
  /** The one that stands out. */
  readonly highlighted: string | null;
  readonly onHighlight: (purpose: string | null) => void;
  readonly onHover: (purpose: string | null) => void;
}

/** What the bytes are for, adding up to the peak; each can be made to stand out in the picture. */
export function PurposeLegend({ purposes, peak, held, highlighted, onHighlight, onHover }: PurposeLegendProps) {
  const known = Object.keys(PURPOSE_COLORS).filter((purpose) => purpose in purposes);
  const total = held && Object.values(held).reduce((sum, bytes) => sum + bytes, 0);
  return (
    <table className={classes.legend}>
      <thead>
        <tr className={classes.head}>
          <th scope="col">purpose</th>
          <th scope="col" className={classes.number}>
            bytes
          </th>
          <th scope="col" className={classes.number}>
            {held ? 'held now' : 'share'}
          </th>
        </tr>
      </thead>
      <tbody>
        {known.map((purpose) => (
          <tr key={purpose} data-chosen={purpose === highlighted || undefined}>
            <th scope="row" className={classes.purpose}>
              <UnstyledButton
                className={classes.name}
                aria-pressed={purpose === highlighted}
                onClick={() => onHighlight(purpose === highlighted ? null : purpose)}
                onPointerEnter={() => onHover(purpose)}
                onPointerLeave={() => onHover(null)}
                onFocus={() => onHover(purpose)}
                onBlur={() => onHover(null)}
                title={purpose === 'activations' ? SLOTS : undefined}
              >
                <span className={classes.swatch} style={{ background: PURPOSE_COLORS[purpose] }} />
                <span>{PURPOSE_NAMES[purpose]}</span>
              </UnstyledButton>
            </th>
            <td className={classes.number}>{formatCount(purposes[purpose])}</td>
            <td className={`${classes.number} ${classes.second}`}>
              {held ? formatCount(held[purpose] ?? 0) : share(purposes[purpose] / peak)}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className={classes.total}>
          <th scope="row">peak</th>
          <td className={classes.number}>{formatCount(peak)}</td>
          <td className={classes.number}>{total === null ? '' : formatCount(total)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

const SLOTS = 'A slot counts as activations, whatever passes through it.';

/** Nothing that is there is shown as nothing. */
const share = (fraction: number) => (fraction > 0 && fraction < 0.0005 ? '< 0.1 %' : formatPercent(fraction));
