/** One rung of the memory ladder: the bytes of a place against its budget, on a scale of its own that begins at 0. */
export interface Rung {
  readonly forecast: number;
  /** Held now; null where no run goes on. */
  readonly held: number | null;
  /** The most that the run, or the last one, held; null before the first. */
  readonly peak: number | null;
  /** 0 is no limit. */
  readonly budget: number;
}

/** A budget of so many times all the rest would make lines of the bars: it lies beyond their end. */
const FAR = 4;
/** What stands at the end of the bar is seen whole. */
const AIR = 1.04;

const most = ({ forecast, held, peak }: Rung) => Math.max(forecast, held ?? 0, peak ?? 0);

/** Whether the budget is off the scale. */
export const isFar = (rung: Rung) => rung.budget > FAR * most(rung);

/** Where so many bytes end on the bar, 0 to 1. */
export function shareOf(bytes: number, rung: Rung): number {
  const top = AIR * Math.max(most(rung), isFar(rung) ? 0 : rung.budget);
  return top === 0 ? 0 : Math.min(1, bytes / top);
}

/** Whether more is planned or held than there may be. */
export const isOver = (rung: Rung) => rung.budget > 0 && most(rung) > rung.budget;
