/** Short work, one after the other. */
export interface Turns {
  /** Begins when what was taken on before has ended, however it ended. */
  take<T>(work: () => T | Promise<T>): Promise<T>;
  /** When all that was taken on so far has ended; never rejects. */
  rest(): Promise<void>;
}

export function newTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const mine = last.then(work);
      last = mine.catch(() => {});
      return mine;
    },
    rest: () => last.then(() => {}),
  };
}
