import type { PlanPicture } from '../../worker/protocol.ts';
import { describeTime } from './describePlan.ts';

/** The plan without a picture: its largest buffers and who lives in them. */

export interface PlanRow {
  readonly buffer: number;
  readonly name: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly lives: string;
}

/** Values of a slot that are named; the others are counted. */
const NAMED = 3;

/** The `count` largest buffers, largest first. */
export function planRows(picture: PlanPicture, count: number): PlanRow[] {
  return picture.buffers
    .map(({ bytes, label, purpose }, buffer) => ({ buffer, name: label, purpose, bytes }))
    .sort((a, b) => b.bytes - a.bytes || a.buffer - b.buffer)
    .slice(0, count)
    .map((row) => ({ ...row, lives: livesIn(picture, row.buffer) }));
}

function livesIn(picture: PlanPicture, buffer: number): string {
  const blocks = picture.blocks.filter((block) => block.buffer === buffer).sort((a, b) => a.from - b.from);
  const whole = ({ from, to }: (typeof blocks)[number]) => from === 0 && to >= picture.length - 1;
  if (blocks.length === 0 || (blocks.length === 1 && whole(blocks[0]))) return 'the whole run';
  const named = blocks.slice(0, NAMED).map(({ name, from, to }) => `${name} (${describeTime(picture, from, to)})`);
  const rest = blocks.length - named.length;
  return rest > 0 ? `${named.join(', ')} and ${rest} more in turn` : named.join(', ');
}
