/**
 * Puts Dawn where a page would find WebGPU: `navigator.gpu`, a user agent, and the constants and classes of WebGPU
 * (`GPUBufferUsage`, `GPUBuffer` …). It is all that jax-js and tfjs miss in Node. Call it before a peer is imported: tfjs
 * decides while it is being imported whether there is WebGPU.
 * @param {GPU} gpu what `create()` of the npm package `webgpu` returned; the caller keeps it alive until every device is
 *   destroyed, or Node aborts
 * @param {Record<string, unknown>} [constants] `globals` of the same package, if the caller has not installed them
 */
export function installShims(gpu, constants = {}) {
  Object.assign(globalThis, constants);
  // Node 21 and later have a navigator of their own: read-only, and without `gpu`.
  const navigator = { gpu, userAgent: globalThis.navigator?.userAgent ?? 'node', language: 'en' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}
