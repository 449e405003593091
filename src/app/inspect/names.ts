import { className } from '../graph/nodeText.ts';

/** The name of a class, cut where it is very long. */
export function name(names: readonly string[], index: number): string {
  return className({ classNames: names }, index);
}
