/** The shape of datasets/catalogue.json: what there is to train on, where it is, and whose it is. */

export interface CatalogueFile {
  /** Embedded files: relative to datasets/. */
  readonly path?: string;
  /** Public files: where a page may fetch them (the host allows other origins). */
  readonly url?: string;
  /** Left out where nobody has counted. */
  readonly bytes?: number;
  readonly sha256?: string;
  /** Where the file is told by no SHA-256: its object id in the git repository that publishes it. See `gitBlobHeader`. */
  readonly gitBlob?: string;
}

/** Most bytes that are taken of a file whose size nobody has counted. */
export const MAX_UNCOUNTED_BYTES = 256 * 2 ** 20;

/**
 * What stands before a file's content where git hashes it: the SHA-1 of both is the file's object id
 * (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects). A repository's listing tells it without the file.
 */
export function gitBlobHeader(bytes: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`blob ${bytes}\0`);
}

export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly nodes: number;
  /** Undirected, each once, without self-loops; of a graph whose file nobody here has read, as its authors say. */
  readonly edges: number;
  /** Columns; 0 where the graph has no features. */
  readonly features: number;
  readonly classes: number;
  readonly licence: string;
  readonly citation: string;
  readonly kind: 'embedded' | 'public';
  readonly format: 'bundle' | 'planetoid' | 'npz' | 'json';
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
