import { wrap } from 'comlink';
import type { StreamMessage, TrainerApi } from '../../worker/protocol.ts';

/**
 * The trainer worker. Its proxy lives in this module for as long as the page does: Comlink hangs on a proxy that was collected
 * (https://github.com/GoogleChromeLabs/comlink/pull/693).
 */
const worker = new Worker(new URL('../../worker/trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });

export const trainer = wrap<TrainerApi>(worker);

/** Calls `receive` with everything that the worker tells, and `failed` when it dies. */
export function listen(receive: (message: StreamMessage) => void, failed: (reason: string) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<StreamMessage>) => receive(data);
  worker.onerror = (event) => failed(event.message || 'it could not be loaded');
  return port2;
}
