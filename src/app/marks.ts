/** Moments that `npm run bench -- page` waits for, as marks on the browser's own timeline; each the first time only. */
export type Mark = 'edgewise:graph-drawn' | 'edgewise:first-curve';

export function markOnce(name: Mark): void {
  if (performance.getEntriesByName(name).length === 0) performance.mark(name);
}
