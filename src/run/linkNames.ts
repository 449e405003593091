/** How links name graphs and hashes. */

/** The first 64 bits of a hash in hexadecimal, which is what links carry; null where it is none. */
export function shortHash(hash: string): string | null {
  return /^[0-9a-f]{16}/.exec(hash)?.[0] ?? null;
}

export function isCatalogueId(id: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(id);
}
