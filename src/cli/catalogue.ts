import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The catalogue of datasets that ships with the package, datasets/catalogue.json. */

export interface CatalogueFile {
  /** Relative to datasets/, for an embedded graph. */
  readonly path?: string;
  /** Public address, for one that is downloaded. */
  readonly url?: string;
  /** Absent, as is the SHA-256 (in hexadecimal), where nobody has recorded it. */
  readonly bytes?: number;
  readonly sha256?: string;
}

export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly kind: 'embedded' | 'public';
  readonly files: readonly CatalogueFile[];
}

/** The folder datasets/ of this package: beside dist/ in an installed one, beside src/ in the repository. */
export function datasetsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'datasets');
    if (existsSync(join(candidate, 'catalogue.json'))) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new Error('datasets/catalogue.json is missing: install Edgewise again.');
    folder = parent;
  }
}

export function readCatalogue(): readonly CatalogueEntry[] {
  const catalogue = JSON.parse(readFileSync(join(datasetsFolder(), 'catalogue.json'), 'utf8'));
  return Array.isArray(catalogue) ? catalogue : catalogue.datasets;
}

/** The name of a file of the catalogue, without folders. */
export function fileName(file: CatalogueFile): string {
  const path = file.path ?? new URL(file.url ?? '').pathname;
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
}
