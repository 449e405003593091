import type { Control as Steer } from '../train/job.ts';
import type { Control } from './protocol.ts';

/** Play, pause, step and stop of one run: what the engine waits at before each epoch and each step. */
export interface Gate {
  command(command: Control): void;
  readonly ready: Steer['ready'];
  readonly stopping: Steer['stopping'];
}

/**
 * A step is one epoch. A pause takes effect before the next optimiser step.
 *
 * @param onPaused told when the run begins and ends to wait
 */
export function newGate(paused: boolean, onPaused: (paused: boolean) => void): Gate {
  let state: 'playing' | 'paused' | 'stepping' = paused ? 'paused' : 'playing';
  /** Epochs that may begin although nobody plays. */
  let steps = 0;
  /** Where the run is held up; at first it has not even come to its first epoch. */
  let waitingAt: 'epoch' | 'step' | null = 'epoch';
  let stopping = false;
  let wake: (() => void)[] = [];

  const mayGo = (at: 'epoch' | 'step') => {
    if (stopping || state === 'playing') return true;
    if (at === 'step') return state === 'stepping';
    state = steps > 0 ? 'stepping' : 'paused';
    steps = 0;
    return state === 'stepping';
  };

  return {
    stopping: () => stopping,
    async ready(at) {
      if (mayGo(at)) {
        waitingAt = null;
        return;
      }
      waitingAt = at;
      onPaused(true);
      do await new Promise<void>((resolve) => wake.push(resolve));
      while (!mayGo(at));
      waitingAt = null;
      onPaused(false);
    },
    command(command) {
      if (command === 'play') state = 'playing';
      if (command === 'pause') state = 'paused';
      if (command === 'step') {
        // Between two epochs a step is the next one; within one, it is the rest of it.
        steps = waitingAt === 'epoch' ? 1 : 0;
        state = 'stepping';
      }
      if (command === 'stop') stopping = true;
      const woken = wake;
      wake = [];
      for (const resolve of woken) resolve();
    },
  };
}
