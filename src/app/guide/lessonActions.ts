import { showAddress } from '../state/address.ts';
import { chooseDataset } from '../state/datasetActions.ts';
import { replan } from '../state/planActions.ts';
import { isActive } from '../state/run.ts';
import { startRun, stop } from '../state/runActions.ts';
import { get, set } from '../state/store.ts';
import { answersOf, configOf, type Experiment, type Lesson } from './lessons.ts';

/** Opening, running and closing a lesson. */

export function openLesson(id: string): void {
  set({ lesson: id });
}

export function closeLesson(): void {
  set({ lesson: null });
}

let going: { given: boolean } | null = null;

/** Runs what has no answer yet, one after another; ends where a run fails, is stopped by hand, or the lesson is given up. */
export async function runLesson(lesson: Lesson): Promise<void> {
  if (going) return;
  const mine = { given: false };
  going = mine;
  set({ lessonRuns: true });
  try {
    for (const [i, experiment] of lesson.experiments.entries()) {
      if (mine.given) return;
      if (answersOf(lesson, get().kept)[i]) continue;
      const kept = await runExperiment(lesson, experiment, () => mine.given);
      // One that was stopped by hand is kept, but does not answer.
      if (!kept || !answersOf(lesson, get().kept)[i]) return;
    }
  } finally {
    going = null;
    set({ lessonRuns: false });
  }
}

export function giveUpLesson(): void {
  if (going) going.given = true;
  if (isActive(get().run)) stop();
}

/** Shows an experiment's settings as if they were set by hand, and runs them, unless that is given up before. */
export async function runExperiment(lesson: Lesson, experiment: Experiment, given = () => false) {
  const protocol = { preset: experiment.preset, config: configOf(experiment) };
  if (get().graph?.catalogueId !== lesson.dataset) {
    if (!(await chooseDataset(lesson.dataset, protocol))) return null;
  } else {
    set({ ...protocol, run: null });
    showAddress();
  }
  await replan();
  if (given()) return null;
  return startRun({ config: protocol.config });
}
