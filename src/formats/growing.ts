/**
 * Typed arrays whose length nobody knows beforehand.
 */

/** Grows by doubling, so that a million pushes cost a million copies and not their square. */
export class Growing<T extends Uint32Array | Float32Array> {
  length = 0;
  private items: T;
  private readonly make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.items = make(1024);
  }

  push(value: number): void {
    if (this.length === this.items.length) {
      const more = this.make(2 * this.length);
      more.set(this.items);
      this.items = more;
    }
    this.items[this.length++] = value;
  }

  get(i: number): number {
    return this.items[i];
  }

  set(i: number, value: number): void {
    this.items[i] = value;
  }

  /** A copy of exactly the pushed values. */
  finish(): T {
    return this.items.slice(0, this.length) as T;
  }
}

export type GrowingIds = Growing<Uint32Array>;
export type GrowingFloats = Growing<Float32Array>;

export const growingIds = () => new Growing((length) => new Uint32Array(length));
export const growingFloats = () => new Growing((length) => new Float32Array(length));
