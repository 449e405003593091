import catalogueFile from '../../datasets/catalogue.json';
import type { Catalogue, CatalogueEntry } from '../formats/catalogue.ts';
import { listingAddress } from '../formats/folderListing.ts';
import { SHAPE_NAMES } from '../graph/shapes.ts';
import { manifestBytes } from '../store/ingest.ts';
import { orderingOf } from '../store/manifest.ts';
import { listPlaced, type Places } from '../store/places.ts';
import { isTemporary } from '../store/temporary.ts';
import { addressOf } from './fileAddress.ts';
import type { DatasetEntry } from './protocol.ts';
import { shapeEntry } from './shapeEntries.ts';

/** The list of what there is to train on: embedded, public and generated graphs, and what this browser keeps. */

const catalogue = catalogueFile as Catalogue;

export async function listDatasets(places: Places): Promise<DatasetEntry[]> {
  const graphs = (await listPlaced(places)).filter(({ id }) => !isTemporary(id));
  const manifests = new Map(graphs.map(({ id, manifest }) => [id, manifest]));
  const entries = catalogue
    // What cannot be checked when it arrives is not offered.
    .filter(({ files }) => files.every(({ sha256, gitBlob }) => sha256 ?? gitBlob))
    .map((entry): DatasetEntry => {
      const { id, title, about, nodes, edges, features, classes, licence, citation, kind } = entry;
      const about_ = { id, title, about, nodes, edges, features, classes, licence, citation, kind };
      const manifest = manifests.get(id);
      const bytes = manifest ? manifestBytes(manifest) : sizeOf(entry);
      const address = kind === 'public' ? addressOf(entry, entry.files[0]) : null;
      const ordering = manifest ? orderingOf(manifest) : null;
      const least = kind === 'public' ? leastStored(nodes, edges) : null;
      return {
        ...about_,
        stored: manifest !== undefined,
        bytes,
        makingBytes: null,
        leastBytes: least,
        ordering,
        address,
        sizeHost: address !== null && bytes === null ? sizeHost(address) : null,
        files: kind === 'public' ? entry.files.length : 0,
      };
    });
  const shapes = SHAPE_NAMES.map((name) => shapeEntry(name, manifests.get(name)));
  const ids = new Set<string>([...catalogue, ...shapes].map(({ id }) => id));
  const kept = graphs
    .filter(({ id }) => !ids.has(id))
    .map(({ id, manifest }): DatasetEntry => {
      const about = manifest
        ? 'Dropped here, and kept in this browser.'
        : 'Damaged: delete it and drop its file again.';
      return {
        id,
        title: manifest?.name ?? id.slice(0, 12),
        about,
        nodes: manifest?.nodes ?? 0,
        edges: manifest?.edges ?? 0,
        features: manifest?.tables.features.cols ?? 0,
        classes: manifest?.classNames.length ?? 0,
        licence: '',
        citation: '',
        kind: 'kept',
        stored: true,
        bytes: manifest ? manifestBytes(manifest) : null,
        makingBytes: null,
        leastBytes: null,
        ordering: manifest && orderingOf(manifest),
        address: null,
        sizeHost: null,
        files: 0,
      };
    });
  return [...entries, ...shapes, ...kept];
}

/** Null where nobody has counted one of the files. */
function sizeOf({ files }: CatalogueEntry): number | null {
  return files.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === undefined ? null : sum + bytes), 0);
}

const sizeHost = (address: string) => new URL(listingAddress(address) ?? address).host;

/** Row offsets and both directions of every edge; degree, class and split of each node. What the features take is not known before they are there. */
const leastStored = (nodes: number, edges: number): number => 4 * (nodes + 1) + 2 * 4 * edges + (4 + 4 + 1) * nodes;
