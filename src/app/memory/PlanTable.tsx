import type { PlanPicture } from '../../worker/protocol.ts';
import { formatCount } from '../theme/format.ts';
import { PURPOSE_COLORS, PURPOSE_NAMES } from '../theme/palette.ts';
import classes from './PlanTable.module.css';
import { planRows } from './planRows.ts';

const ROWS = 12;

/** The picture in words: the largest buffers, what for, how large, and who lives there when. */
export function PlanTable({ picture }: { picture: PlanPicture }) {
  const rows = planRows(picture, ROWS);
  const rest = picture.buffers.length - rows.length;
  const restBytes = picture.bytes - rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.scroll} aria-label="The largest buffers" tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">buffer</th>
            <th scope="col">purpose</th>
            <th scope="col">bytes</th>
            <th scope="col">lives</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ buffer, name, purpose, bytes, lives }) => (
            <tr key={buffer}>
              <th scope="row">{name}</th>
              <td className={classes.purpose}>
                <span className={classes.swatch} style={{ background: PURPOSE_COLORS[purpose] }} />
                {PURPOSE_NAMES[purpose]}
              </td>
              <td className={classes.bytes}>{formatCount(bytes)}</td>
              <td>{lives}</td>
            </tr>
          ))}
          {rest > 0 && (
            <tr>
              <th scope="row">{formatCount(rest)} smaller ones</th>
              <td />
              <td className={classes.bytes}>{formatCount(restBytes)}</td>
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
