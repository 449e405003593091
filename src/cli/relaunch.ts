import { spawn } from 'node:child_process';
import { complain, STDERR_VARIABLE } from './output.ts';

/**
 * Runs the command again in a child whose descriptor 2 is a pipe that nobody shows and whose descriptor 3 is our standard
 * error. Dawn, the Vulkan loader and Mesa write warnings to descriptor 2 from C, with no switch to turn them off, and Node
 * cannot duplicate descriptors; this is the one way that works whatever standard error is (a terminal, a file, a pipe, a
 * socket). It also turns a crash inside a driver into a sentence. Only Linux needs it: elsewhere there is no Vulkan loader.
 */

/** Last bytes of the hidden output that are kept, to explain a crash. */
const KEPT = 16 * 1024;
/** What a process that ends by itself returns. */
const LAST_STATUS = 2;

export function needsRelaunch(): boolean {
  return process.platform === 'linux' && process.env[STDERR_VARIABLE] === undefined;
}

/** Resolves to the exit status of the child; ends this process by the same signal where a signal ended the child. */
export function relaunch(): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'pipe', 2, 'ipc'],
    env: { ...process.env, [STDERR_VARIABLE]: '3' },
  });
  let hidden = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    hidden = (hidden + text).slice(-KEPT);
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      complain(`cannot start ${process.execPath}: ${error.message}.`);
      resolve(1);
    });
    child.on('close', (status, signal) => {
      for (const name of signals) process.off(name, forward);
      if (status !== null && status <= LAST_STATUS) return resolve(status);
      if (signals.some((name) => name === signal)) {
        process.kill(process.pid, signal as NodeJS.Signals);
        return;
      }
      const end = signal ?? `status ${status}`;
      complain(
        `the engine crashed (${end}${lastWords(hidden)}); try --backend cpu, or name another driver in VK_DRIVER_FILES.`,
      );
      resolve(1);
    });
  });
}

/** In the child: ends with the parent, even one that was killed, so that nothing goes on using the GPU unseen. */
export function endWithParent(): void {
  if (process.env[STDERR_VARIABLE] === undefined || !process.channel) return;
  process.on('disconnect', () => process.exit(1));
  process.channel.unref();
}

function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Warning: '));
  const words = lines.find((line) => /fatal|error|assert/i.test(line)) ?? lines.at(-1);
  return words ? `: ${words.trim().slice(0, 200)}` : '';
}
