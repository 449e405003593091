import { describe, expect, test } from 'vitest';
import { listingAddress, MAX_LISTED_FILES, readListing } from './folderListing.ts';

const SHA = '97323743cb56aca9dd611f5b4b46862c1c9c6bd9';
const entry = { type: 'file', name: 'graph.npz', path: 'data/graph.npz', size: 5, sha: SHA, _links: { self: 'x' } };
const read = (listing: unknown) => readListing(new TextEncoder().encode(JSON.stringify(listing)));

describe('where a folder is listed', () => {
  test.each([
    [
      'https://raw.githubusercontent.com/a/b/main/data/g.npz',
      'https://api.github.com/repos/a/b/contents/data?ref=main',
    ],
    ['https://raw.githubusercontent.com/a/b/v%261/g.npz', 'https://api.github.com/repos/a/b/contents/?ref=v%261'],
    ['https://raw.githubusercontent.com/a/b/main', null],
    ['http://raw.githubusercontent.com/a/b/main/data/g.npz', null],
    ['https://example.org/a/b/main/data/g.npz', null],
    ['http://127.0.0.1:80/mirror/cora/ind.cora.x', null],
  ])('%s', (file, listing) => expect(listingAddress(file)).toBe(listing));
});

describe('a listing', () => {
  test('tells names, sizes and object ids of files, and passes over folders', () => {
    const folder = { ...entry, type: 'dir', name: 'old', size: 0 };
    expect(read([folder, entry])).toEqual([{ name: 'graph.npz', bytes: 5, gitBlob: SHA }]);
    expect(read([])).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['a message', { message: 'API rate limit exceeded' }],
    ['a single file', entry],
    ['something else in it', [entry, 'graph.npz']],
    ['nothing in it', [null]],
    ['no name', [{ ...entry, name: undefined }]],
    ['a path for a name', [{ ...entry, name: '../graph.npz' }]],
    ['a size in words', [{ ...entry, size: '5' }]],
    ['half a byte', [{ ...entry, size: 4.5 }]],
    ['fewer bytes than none', [{ ...entry, size: -1 }]],
    ['more bytes than a number can count', [{ ...entry, size: 2 ** 53 }]],
    ['another hash', [{ ...entry, sha: SHA.toUpperCase() }]],
    ['one name twice', [entry, { ...entry, size: 6 }]],
    [
      'more files than a listing has',
      Array.from({ length: MAX_LISTED_FILES + 1 }, (_, i) => ({ ...entry, name: `${i}` })),
    ],
  ])('with %s is none', (_, listing) => expect(read(listing)).toBeNull());

  test('is text', () => {
    expect(readListing(new TextEncoder().encode('<html>'))).toBeNull();
    expect(readListing(Uint8Array.of(0xff, 0xfe))).toBeNull();
  });
});
