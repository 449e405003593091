import { encodeHash } from '../../run/link.ts';
import { get } from './store.ts';

/** The address bar always says what is on the page, without adding to the history. */
export function showAddress(): void {
  const { graph, preset, config } = get();
  if (!graph) return;
  const dataset = { catalogueId: graph.catalogueId, fingerprint: graph.info.fingerprint };
  history.replaceState(null, '', encodeHash({ dataset, preset, config }));
}
