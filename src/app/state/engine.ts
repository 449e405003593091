import { wrap } from 'comlink';
import type { StreamMessage, TrainerApi } from '../../worker/protocol.ts';
import { moduleWorker } from '../../worker/spawn.ts';
import trainerAddress from '../../worker/trainer.ts?worker&url';
import { unlessFailed } from '../../worker/unlessFailed.ts';

/**
 * The trainer worker. Its proxy lives in this module for as long as the page does: Comlink hangs on a proxy that was collected
 * (https://github.com/GoogleChromeLabs/comlink/pull/693).
 */
const worker = moduleWorker(trainerAddress, 'trainer');

export const trainer = wrap<TrainerApi>(worker);

let die: (reason: Error) => void = () => {};
const death = new Promise<never>((_, reject) => {
  die = reject;
});
death.catch(() => {});

/** An answer of the worker, or an error where it died: Comlink itself would wait for ever. */
export const answered = unlessFailed(death);

/** Calls `receive` with everything that the worker tells, and `failed` once when it dies. */
export function listen(receive: (message: StreamMessage) => void, failed: (reason: string) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<StreamMessage>) => receive(data);
  worker.onerror = (event) => {
    const reason = `The worker that trains failed (${event.message || 'it could not be loaded'}): reload the page.`;
    die(Object.assign(new Error(reason), { name: 'InputError' }));
    failed(reason);
  };
  return port2;
}
