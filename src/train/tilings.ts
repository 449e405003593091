import type { Tiling, Tilings } from '../device/tiling.ts';
import type { ChunkStore } from '../store/chunkStore.ts';

/** Tilings in a store: one small value per device. What cannot be read is as good as never known. */

/** A shape of a kernel takes some 60 bytes; nobody's device has seen so many. */
const MOST_BYTES = 2 ** 20;

export function storedTilings(store: ChunkStore): Tilings {
  return {
    async read(device) {
      try {
        const bytes = await store.get(await keyOf(device));
        return bytes && bytes.length <= MOST_BYTES ? parse(new TextDecoder().decode(bytes)) : {};
      } catch {
        return {};
      }
    },

    async write(device, tiling) {
      const bytes = new TextEncoder().encode(JSON.stringify(tiling));
      // Full of shapes that came once: begin again.
      const kept = bytes.length <= MOST_BYTES ? bytes : new TextEncoder().encode('{}');
      await store.put(await keyOf(device), kept).catch(() => {});
    },
  };
}

function parse(text: string): Tiling {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, tile]) => typeof tile === 'string'));
}

/** Names of devices are long, and have characters that stores write in three bytes. */
async function keyOf(device: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(device)));
  return `tiles/${Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
