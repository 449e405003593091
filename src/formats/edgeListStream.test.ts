import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readCsvGraph } from './csv.ts';
import { edgeListStream } from './edgeListStream.ts';
import type { EdgeBlock } from './graphStream.ts';

const encode = (text: string) => new TextEncoder().encode(text);

/** A file that comes in pieces of so many bytes. */
const inPieces = (bytes: Uint8Array, size: number) => ({
  name: 'e.csv',
  async *open() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  },
});

async function gather(bytes: Uint8Array, size: number) {
  const stream = await edgeListStream(inPieces(bytes, size), { directed: false });
  const blocks: EdgeBlock[] = [];
  for await (const block of stream.edgeBlocks()) blocks.push(block);
  const flat = (part: 'source' | 'target' | 'weight') => blocks.flatMap((block) => Array.from(block[part] ?? []));
  const { name, nodes, edges, weighted, nodeIds, notes } = stream;
  const weight = weighted ? flat('weight') : null;
  return { name, nodes, edges, source: flat('source'), target: flat('target'), weight, nodeIds, notes };
}

function whole(bytes: Uint8Array) {
  const { name, nodes, source, target, weight, nodeIds, notes } = readCsvGraph({ name: 'e.csv', bytes }, null);
  const lists = { source: Array.from(source), target: Array.from(target), weight: weight && Array.from(weight) };
  return { name, nodes, edges: source.length, ...lists, nodeIds, notes };
}

const TEXTS: [string, string][] = [
  ['integers', '0,1\n1,2\n2,0\n'],
  ['no last line end', '0 1\n1 2'],
  ['CRLF, a byte order mark, blank lines', '\ufeff0,1\r\n\r\n1,2\r\n2,0\r\n'],
  ['CR alone', '0,1\r1,2\r2,0'],
  ['comments', '# Nodes: 3\n\n0\t1\n  # more, here\n1\t2\n\n'],
  ['a header and weights', 'weight;Source;Target\n0.5;0;1\n1e-3;1;2\n'],
  ['an unnamed third column', '0,1,2.5\n3,1,4\n'],
  ['ids from 1 with gaps', '1,2\n5,2\n9,1\n'],
  ['sparse integers', '7,4000000000\n4000000000,19\n7,300000000\n'],
  ['names, also in quotes and over lines', 'from,to\n"a, b",c\nc,"line\nbreak"\n"say ""hi""",c\n'],
  ['integers, then a name', '0,1\n1,2\n2,x\nx,0\n'],
  ['letters of several bytes', 'é,图\n图,ö\n'],
];
const SIZES = [1, 2, 3, 7, 1000];

describe('an edge list in pieces', () => {
  test.each(TEXTS)('is what it is as a whole: %s', async (_, text) => {
    const expected = whole(encode(text));
    for (const size of SIZES) expect(await gather(encode(text), size)).toEqual(expected);
  });

  test('is what it is as a whole: longer than what is looked at first, cut into many blocks', async () => {
    const lines = Array.from({ length: 100_000 }, (_, e) => `node ${(e * 7919) % 1009},node ${(e * 104_729) % 5003}`);
    const bytes = encode(lines.join('\n'));
    expect(bytes.length).toBeGreaterThan(2 ** 20);
    expect(await gather(bytes, bytes.length)).toEqual(whole(bytes));
    expect((await gather(bytes, 100_003)).notes).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['no edges', 'source,target\n'],
    ['one column', '0\n1\n'],
    ['a row that is short', '0,1,1\n1,2,1\n2,3\n'],
    ['a weight that is none', '0,1,1\n1,2,1\n2,3,x\n'],
    ['an id that is missing', 'a,b\nb,c\n,d\n'],
    ['a table of features', '0.5,0.25\n0.1,0.2\n'],
    ['a quote that is never closed', 'a,b\nb,c\nc,"d\n'],
    ['a zero byte', `0,1\n${'1,2\n'.repeat(2000)}\0`],
    ['no UTF-8', 'a,b\nb,\xff\n'],
    ['an image', '\x89PNG\r\n\x1a\n'],
  ])('is refused as it would be as a whole: %s', async (_, text) => {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    let message = '';
    try {
      readCsvGraph({ name: 'e.csv', bytes }, null);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    for (const size of SIZES) {
      await expect(gather(bytes, size)).rejects.toThrow(InputError);
      await expect(gather(bytes, size)).rejects.toThrow(message);
    }
  });

  test('with a line of megabytes is refused in words', async () => {
    const bytes = encode(`${'a,b\n'.repeat(30)}c,"${'x\n'.repeat(2 ** 20)}`);
    await expect(gather(bytes, 2 ** 16)).rejects.toThrow(
      /^e\.csv: line 31 is longer than 1048576 bytes; check its quotes/,
    );
  });

  test('stops where it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    const stopped = edgeListStream(inPieces(encode(TEXTS[0][1]), 2), {
      directed: false,
      signal: abort.signal,
      onProgress,
    });
    await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});
