import type { Ledger } from '../device/ledger.ts';

/**
 * What batches that are on the device held their features in. A request takes one along, and its batch brings it back: new memory
 * for every batch costs the sampler about as much as gathering. Requests, batches and rooms together are never more than
 * are asked for ahead of time and the one at hand, which is what the forecast counts.
 */
export interface Rooms {
  /** Of a batch that is on the device, and of which nobody reads any more. */
  keep(room: ArrayBuffer): void;
  /** One for a new batch, if there is any; it is off the ledger until its batch arrives. */
  take(): ArrayBuffer | null;
  clear(): void;
}

export function newRooms(host: Ledger): Rooms {
  const rooms: ArrayBuffer[] = [];
  const take = () => {
    const room = rooms.pop() ?? null;
    if (room) host.remove('batch', room.byteLength);
    return room;
  };
  return {
    keep(room) {
      rooms.push(room);
      host.add('batch', room.byteLength);
    },
    take,
    clear() {
      while (take());
    },
  };
}
