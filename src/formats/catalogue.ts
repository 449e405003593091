/** The shape of datasets/catalogue.json: what there is to train on, where it is, and whose it is. */

export interface CatalogueFile {
  /** Embedded files: relative to datasets/. */
  readonly path?: string;
  /** Public files: where a page may fetch them (the host allows other origins). */
  readonly url?: string;
  /** Left out where nobody has counted. */
  readonly bytes?: number;
  readonly sha256?: string;
}

export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly nodes: number;
  /** Undirected, each once, without self-loops. */
  readonly edges: number;
  /** Columns; 0 where the graph has no features. */
  readonly features: number;
  readonly classes: number;
  readonly licence: string;
  readonly citation: string;
  readonly kind: 'embedded' | 'public';
  readonly format: 'bundle' | 'planetoid' | 'npz';
  /** What an embedded graph was built from: the uncompressed file's SHA-256 and the Date of its Release file. */
  readonly source?: { readonly url: string; readonly sha256: string; readonly released: string };
  readonly files: readonly CatalogueFile[];
}

export type Catalogue = readonly CatalogueEntry[];

/** The name of a file of the catalogue, without folders. */
export function fileName(file: CatalogueFile): string {
  const path = file.path ?? file.url ?? '';
  return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1).replace(/[?#].*/, ''));
}
