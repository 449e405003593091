import { crc32 } from '../formats/crc32.ts';

/** A file that is read and written while its caller waits, as OPFS gives one to a worker. Every call throws where it fails. */
export interface SyncFile {
  /** How many bytes were read: fewer at the end of the file. */
  read(into: Uint8Array, at: number): number;
  /** How many bytes were written; beyond the end of the file it grows. */
  write(bytes: Uint8Array, at: number): number;
  truncate(size: number): void;
  /** Returns once the disk has everything. */
  flush(): void;
  size(): number;
  close(): void;
}

/** Values by key in one file to which records are only added. Deleting marks a record; its bytes go with a compaction. */
export interface LogFile {
  readonly keys: ReadonlyMap<string, unknown>;
  /** Bytes of records that are deleted or replaced, and of those that are not. */
  readonly bytes: { readonly dead: number; readonly alive: number };
  /** Bytes begin to end (exclusive), cut off where the value ends; null where the key has none. */
  read(key: string, begin: number, end: number): Uint8Array | null;
  /** After a failure the file is as it was before. */
  put(key: string, value: Uint8Array): void;
  /** Takes no room, so it succeeds on a full disk. */
  delete(key: string): void;
  /** Writes what is alive to an empty file, which counts as empty until all of it is there. */
  copyTo(file: SyncFile): void;
  clear(): void;
  flush(): void;
  close(): void;
}

/**
 * A record is a header, the key in UTF-8 and the value. The header, little-endian: magic, bytes of the key, bytes of the value,
 * CRC-32 of all that and the key (u32 each); one byte that is 1 once the record is dead, outside of the CRC and written by
 * itself, so that it changes at once or not at all; three bytes of nothing. It is written after the value: a record without its
 * header does not exist, and one with it is whole.
 */
const HEADER = 20;
const MAGIC = 0x31_4c_57_45; // "EWL1"
const CRC_AT = 12;
const STATE_AT = 16;
const DEAD = 1;
const MAX_KEY = 4096;
const COPY_BYTES = 1 << 20;

interface Place {
  /** Of the record and of its value in the file. */
  readonly at: number;
  readonly valueAt: number;
  readonly end: number;
}

/**
 * Opens a log: reads the headers alone, and cuts off what stands behind the last whole record. Where a header in the middle is
 * damaged, what follows cannot be found any more and goes too; checksums in the manifests report what is missing.
 */
export function openLog(file: SyncFile): LogFile {
  const places = new Map<string, Place>();
  const bytes = { dead: 0, alive: 0 };
  let end = 0;
  let dirty = false;

  const forget = (key: string, { at, end }: Place) => {
    places.delete(key);
    bytes.alive -= end - at;
    bytes.dead += end - at;
  };
  const remove = (key: string, place: Place) => {
    dirty = true;
    writeAll(file, Uint8Array.of(DEAD), place.at + STATE_AT);
    forget(key, place);
  };
  const add = (key: string, place: Place) => {
    places.set(key, place);
    bytes.alive += place.end - place.at;
    end = place.end;
  };

  const size = file.size();
  for (let record = readRecord(file, 0, size); record; record = readRecord(file, record.end, size)) {
    const old = places.get(record.key);
    // The tab was closed between writing the newer and marking the older one.
    if (old && !record.dead) remove(record.key, old);
    if (record.dead) bytes.dead += record.end - record.at;
    else add(record.key, record);
    end = record.end;
  }
  if (end < size) file.truncate(end);

  return {
    keys: places,
    bytes,
    read(key, begin, stop) {
      const place = places.get(key);
      if (!place) return null;
      const from = Math.min(place.valueAt + begin, place.end);
      const value = new Uint8Array(Math.max(0, Math.min(place.valueAt + stop, place.end) - from));
      return value.subarray(0, readAll(file, value, from));
    },
    put(key, value) {
      const head = headOf(key, value.length);
      const valueAt = end + head.length;
      dirty = true;
      try {
        writeAll(file, value, valueAt);
        writeAll(file, head, end);
      } catch (error) {
        file.truncate(end);
        throw error;
      }
      const old = places.get(key);
      if (old) {
        // The disk never has the mark without the new value.
        file.flush();
        remove(key, old);
      }
      add(key, { at: end, valueAt, end: valueAt + value.length });
    },
    delete(key) {
      const place = places.get(key);
      if (place) remove(key, place);
    },
    copyTo(target) {
      let to = 0;
      const first = new Uint8Array(HEADER);
      for (const { at, end } of places.values()) {
        for (let from = at; from < end; ) {
          const part = new Uint8Array(Math.min(COPY_BYTES, end - from));
          if (readAll(file, part, from) < part.length) throw new Error('The log ends before its last record.');
          if (to === 0) {
            first.set(part.subarray(0, HEADER));
            part.fill(0, 0, HEADER);
          }
          writeAll(target, part, to);
          from += part.length;
          to += part.length;
        }
      }
      // Without its first header, nobody takes the copy for one.
      target.flush();
      if (to > 0) writeAll(target, first, 0);
      target.flush();
    },
    clear() {
      dirty = true;
      file.truncate(0);
      places.clear();
      bytes.dead = 0;
      bytes.alive = 0;
      end = 0;
    },
    flush() {
      if (dirty) file.flush();
      dirty = false;
    },
    close: () => file.close(),
  };
}

function headOf(key: string, valueLength: number): Uint8Array {
  const name = new TextEncoder().encode(key);
  if (name.length > MAX_KEY) throw new RangeError(`The key ${key.slice(0, 40)}… is too long for a store.`);
  const head = new Uint8Array(HEADER + name.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, name.length, true);
  view.setUint32(8, valueLength, true);
  head.set(name, HEADER);
  view.setUint32(CRC_AT, crc32(head), true);
  return head;
}

/** The record that begins there; null where there is none, or not the whole of it. */
function readRecord(file: SyncFile, at: number, size: number): (Place & { key: string; dead: boolean }) | null {
  const header = new Uint8Array(HEADER);
  if (readAll(file, header, at) < HEADER) return null;
  const view = new DataView(header.buffer);
  const keyLength = view.getUint32(4, true);
  const valueAt = at + HEADER + keyLength;
  const end = valueAt + view.getUint32(8, true);
  if (view.getUint32(0, true) !== MAGIC || keyLength > MAX_KEY || end > size) return null;
  const head = new Uint8Array(HEADER + keyLength);
  head.set(header.subarray(0, CRC_AT));
  if (readAll(file, head.subarray(HEADER), at + HEADER) < keyLength) return null;
  if (crc32(head) !== view.getUint32(CRC_AT, true)) return null;
  return { key: new TextDecoder().decode(head.subarray(HEADER)), dead: header[STATE_AT] === DEAD, at, valueAt, end };
}

function readAll(file: SyncFile, into: Uint8Array, at: number): number {
  let done = 0;
  while (done < into.length) {
    const count = file.read(into.subarray(done), at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function writeAll(file: SyncFile, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = file.write(bytes.subarray(done), at + done);
    if (count === 0) throw new DOMException('Not everything was written.', 'QuotaExceededError');
    done += count;
  }
}
