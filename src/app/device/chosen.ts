/**
 * Whether the processor is to serve although there may be a GPU: the address says so (`?device=cpu`), before the hash, because
 * it belongs to this browser and not to the experiment that a link carries.
 */

const KEY = 'device';

export function choseProcessor(search: string): boolean {
  return new URLSearchParams(search).get(KEY) === 'cpu';
}

/** The same page on the processor, or on whatever adapter there is. */
export function addressOn(processor: boolean, { pathname, search, hash }: Location): string {
  const asked = new URLSearchParams(search);
  if (processor) asked.set(KEY, 'cpu');
  else asked.delete(KEY);
  const rest = asked.size > 0 ? `?${asked}` : '';
  return `${pathname}${rest}${hash}`;
}
