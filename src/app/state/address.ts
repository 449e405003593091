import { diffConfigs } from '../../config/describe.ts';
import { encodeHash } from '../../run/link.ts';
import { get } from './store.ts';

/** An address for others: without what belongs to this browser. */
export function addressWith(hash: string): string {
  return `${location.origin}${location.pathname}${hash}`;
}

/**
 * The address bar always says what is on the page, without adding to the history. A run that came by a link keeps its address
 * for as long as its settings are shown: a reload brings the comparison back.
 */
export function showAddress(): void {
  const { graph, preset, config, shared, sharedHash } = get();
  if (!graph) return;
  if (shared && sharedHash && diffConfigs(shared.config, config).length === 0) {
    history.replaceState(null, '', sharedHash);
    return;
  }
  const dataset = { catalogueId: graph.catalogueId, fingerprint: graph.info.fingerprint, url: graph.url };
  history.replaceState(null, '', encodeHash({ dataset, preset, config }));
}
