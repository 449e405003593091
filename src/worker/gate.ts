import type { Control as Steer } from '../train/job.ts';
import type { Control } from './protocol.ts';

/** Play, pause, step and stop of one run: what the engine waits at before each epoch and each step. */
export interface Gate {
  command(command: Control): void;
  readonly ready: Steer['ready'];
  readonly stopping: Steer['stopping'];
  readonly pausing: () => boolean;
}

/**
 * A step is one epoch. A pause takes effect before the next optimiser step.
 *
 * @param onPaused told when the run begins and ends to wait
 */
export function newGate(paused: boolean, onPaused: (paused: boolean) => void): Gate {
  let state: 'playing' | 'paused' | 'stepping' = paused ? 'paused' : 'playing';
  /** Whether the run is between two epochs: the next one has not taken its first step. */
  let between = true;
  /** One epoch may begin although nobody plays. Its first step uses this up: a new plan or device asks for an epoch again. */
  let granted = false;
  let stopping = false;
  let wake: (() => void)[] = [];

  const mayGo = (at: 'epoch' | 'step') => {
    if (at === 'epoch') {
      between = true;
      if (state !== 'playing') state = granted ? 'stepping' : 'paused';
    }
    if (!stopping && state === 'paused') return false;
    if (at === 'step') between = granted = false;
    return true;
  };

  return {
    stopping: () => stopping,
    pausing: () => state !== 'playing' && !granted,
    async ready(at) {
      if (mayGo(at)) return;
      onPaused(true);
      do await new Promise<void>((resolve) => wake.push(resolve));
      while (!mayGo(at));
      onPaused(false);
    },
    command(command) {
      if (command === 'play') state = 'playing';
      if (command === 'pause') state = 'paused';
      if (command === 'step') state = 'stepping';
      // Between two epochs a step is the next one; within one, it is the rest of it.
      granted = command === 'step' && between;
      if (command === 'stop') stopping = true;
      const woken = wake;
      wake = [];
      for (const resolve of woken) resolve();
    },
  };
}
