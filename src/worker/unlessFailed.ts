/**
 * Waits that reject as soon as `failed` does. A race against a promise that stays open would instead keep every answer that there has
 * been, batches and chunks among them, until it settles: https://github.com/nodejs/node/issues/17469.
 */
export function unlessFailed(failed: Promise<never>): <T>(answer: Promise<T>) => Promise<T> {
  const waits = new Set<(error: unknown) => void>();
  let lost: { readonly error: unknown } | null = null;
  failed.catch((error: unknown) => {
    lost = { error };
    for (const reject of waits) reject(error);
  });
  return (answer) =>
    new Promise((resolve, reject) => {
      if (lost) {
        answer.catch(() => {});
        reject(lost.error);
        return;
      }
      waits.add(reject);
      answer.then(resolve, reject).finally(() => waits.delete(reject));
    });
}
