import { DeviceError, DeviceLostError, firstLine } from '../../config/errors.ts';

/**
 * Knows what became of a device: whether it went away, and whether it refused a command. Waits that the device would never
 * end (a browser may leave a map or `onSubmittedWorkDone` of a lost device pending) end here as soon as it is lost.
 */
export interface DeviceWatch {
  /** @throws DeviceLostError where the device is gone; DeviceError where it refused a command */
  check(): void;
  /** As the promise, but rejects with DeviceLostError as soon as the device is gone. */
  unlessLost<T>(promise: Promise<T>): Promise<T>;
  /**
   * For a wait that failed: the loss of the device where that was why, else what the device refused, else `otherwise`.
   * @throws always
   */
  failed(otherwise: Error): Promise<never>;
  /** Submitted work ended without being done, which only the loss of the device does. */
  workFailed(): void;
  release(): void;
}

/** A wait can fail a moment before `device.lost` says why. */
const WHY_MS = 250;

export function watchDevice(device: GPUDevice): DeviceWatch {
  let lost: DeviceLostError | null = null;
  let refused: DeviceError | null = null;
  /** Waits under way. A race against `device.lost` would instead keep every wait there has been until the device goes. */
  const waits = new Set<(error: Error) => void>();
  const gone = device.lost.then(({ message, reason }) => {
    lost = new DeviceLostError(`the device was lost (${firstLine(message || reason)}); reload, or run on the CPU`);
    for (const reject of waits) reject(lost);
    waits.clear();
  });
  // Whatever the device finds wrong with a command must not pass as a result.
  const onError = ({ error }: GPUUncapturedErrorEvent) => {
    const reason = firstLine(error.message);
    refused ??= new DeviceError(`the device refused a command (${reason}); run again, or on the CPU`);
  };
  device.addEventListener('uncapturederror', onError);

  const check = () => {
    // What a device that is gone refuses is no reason of its own.
    const error = lost ?? refused;
    if (error) throw error;
  };
  return {
    check,
    unlessLost(promise) {
      if (lost) return Promise.reject(lost);
      return new Promise((resolve, reject) => {
        waits.add(reject);
        promise.then(resolve, reject).finally(() => waits.delete(reject));
      });
    },
    async failed(otherwise) {
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, WHY_MS))]);
      check();
      throw otherwise;
    },
    workFailed() {
      lost ??= new DeviceLostError('the device was lost while it worked; reload, or run on the CPU');
    },
    release() {
      device.removeEventListener('uncapturederror', onError);
    },
  };
}
