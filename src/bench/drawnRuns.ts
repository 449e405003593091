import { drawnGraph, hashOf } from './drawnGraph.ts';
import type { BenchContext } from './suite.ts';
import { longTasks, mainThread, markTime, type Task } from './trace.ts';
import type { Meanwhile, ViewsSource } from './views.ts';
import { SPAN, TRAINED, type Watched } from './viewTimes.ts';

/** What a training asks of the main thread beside the largest picture that the page draws. */

/** One training, and the moments after it. */
export interface DrawnRun {
  readonly meanwhile: Meanwhile;
  readonly epochs: number;
  readonly training: readonly Task[];
  readonly after: readonly Task[];
}

export interface DrawnRuns {
  readonly picture: string;
  readonly runs: readonly DrawnRun[];
}

const EPOCHS = 20;
const HASH = hashOf({ preset: 'gcn', sets: [`training.epochs=${EPOCHS}`, 'model.hidden=64'] });

export function drawnRuns(context: BenchContext, source: Pick<ViewsSource, 'visit'>): Promise<DrawnRuns> {
  return source.visit(HASH, drawnGraph(context), async (page) => {
    const runs: DrawnRun[] = [];
    for (const meanwhile of ['nothing more', 'everything'] as const) {
      const { epochs, ...watched } = await page.watchTraining(meanwhile);
      const run = { meanwhile, epochs, ...tasksOfRun(watched) };
      runs.push(run);
      const longest = run.training[0]?.ms ?? 0;
      context.progress(`drawn graph, ${epochs} epochs beside ${meanwhile}: longest task ${longest.toFixed(0)} ms`);
    }
    return { picture: await page.picture(), runs };
  });
}

/** All tasks of a training and of what follows it, each the longest first. */
export function tasksOfRun({ trace, url }: Watched): Pick<DrawnRun, 'training' | 'after'> {
  const thread = mainThread(trace, url);
  const [begun, trained, ended] = [SPAN.begun, TRAINED, SPAN.ended].map((name) => markTime(trace, name, thread.pid));
  const within = (from: number, to: number) => longTasks(trace, thread, { from, to, origin: begun, least: 0 });
  return { training: within(begun, trained), after: within(trained, ended) };
}
