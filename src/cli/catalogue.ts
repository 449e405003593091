import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Catalogue } from '../formats/catalogue.ts';

/** The catalogue of datasets that ships with the package, datasets/catalogue.json. */

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

export function readCatalogue(): Catalogue {
  return JSON.parse(readFileSync(join(datasetsFolder(), 'catalogue.json'), 'utf8'));
}
