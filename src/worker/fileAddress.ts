import { type CatalogueEntry, type CatalogueFile, fileName } from '../formats/catalogue.ts';

/** Addresses of the embedded files, by name. */
const embedded = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../../datasets/*.gz', { query: '?url', import: 'default', eager: true }),
  ).map(([path, url]) => [path.slice(path.lastIndexOf('/') + 1), url]),
);

/** Where the page has a file of the catalogue from. A build can name another place for the public files: MIRROR/dataset/file name. */
export function addressOf(entry: CatalogueEntry, file: CatalogueFile): string {
  if (file.path !== undefined) return embedded[fileName(file)];
  const mirror: string | undefined = import.meta.env.EDGEWISE_MIRROR;
  if (!mirror) return file.url!;
  const path = `${encodeURIComponent(entry.id)}/${encodeURIComponent(fileName(file))}`;
  return new URL(`${mirror.replace(/\/+$/, '')}/${path}`, import.meta.url).href;
}
