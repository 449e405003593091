/** What a mean over seeds is held to, in per cent; with neither it is only reported. */
export interface Goal {
  /** The mean that it has to reach. */
  readonly goal?: number;
  /** Another row of the same run, from which it may be so many points away: both have the same seeds on the same device. */
  readonly near?: { readonly name: string; readonly points: number };
}

/** Those whose name has a part called `only` (all where there is none), and those that they are held to, in their order. */
export function chosenOf<P extends Goal & { readonly name: string }>(all: readonly P[], only?: string): P[] {
  const asked = all.filter(({ name }) => only === undefined || name.includes(only));
  const rivals = new Set(asked.map(({ near }) => near?.name));
  return all.filter((protocol) => asked.includes(protocol) || rivals.has(protocol.name));
}

/** The last digits of a mean are those of its rounding. */
const SLACK = 1e-9;

/** Whether `mean` meets its goal, in words. `meanOf` is of the rows of the same run. */
export function judge({ goal, near }: Goal, mean: number, meanOf: (name: string) => number): string {
  const verdict = (what: string, met: boolean) => `${what}: ${met ? 'met' : 'NOT MET'}`;
  const verdicts: string[] = [];
  if (goal !== undefined) verdicts.push(verdict(`at least ${goal}`, mean >= goal - SLACK));
  if (near) {
    const away = mean - meanOf(near.name);
    const signed = `${away < 0 ? '' : '+'}${away.toFixed(2)}`;
    verdicts.push(verdict(`within ${near.points} of ${near.name} (${signed})`, Math.abs(away) <= near.points + SLACK));
  }
  return verdicts.join('; ') || 'reported';
}
