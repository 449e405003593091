/**
 * Starts a module worker under the page's content-security policy. A worker that is loaded by its address takes its policy from
 * the answer's headers, which a static host does not set; one that is loaded from a blob inherits that of whoever starts it
 * (https://www.w3.org/TR/CSP3/#security-inherit-csp), and so does what it imports.
 *
 * @param address of the script, relative to the caller's own as the bundler gives it
 */
export function moduleWorker(address: string, name: string): Worker {
  const script = `import ${JSON.stringify(new URL(address, import.meta.url).href)};`;
  const blob = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(blob, { type: 'module', name });
  // By now the worker holds the blob itself: https://html.spec.whatwg.org/multipage/workers.html#dom-worker
  URL.revokeObjectURL(blob);
  return worker;
}
