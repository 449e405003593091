import { describe, expect, test } from 'vitest';
import type { FileSize } from '../../worker/protocol.ts';
import { sizeSentence, troubleSentence } from './sizeSentence.ts';

const file = (change: Partial<FileSize> = {}): FileSize => ({
  name: 'g.npz',
  bytes: 7_493_276,
  by: 'listing',
  host: 'api.example',
  instead: null,
  ...change,
});
const counted = file({ bytes: 1_000_000, by: 'catalogue', host: 'files.example' });

describe('the size of a download', () => {
  test.each<[string, FileSize[]]>([
    ['7,493,276 bytes (7.49 MB), as api.example lists it.', [file()]],
    ['96 bytes, as api.example lists it.', [file({ bytes: 96 })]],
    ['7,493,276 bytes (7.49 MB), as files.example announces it.', [file({ by: 'head', host: 'files.example' })]],
    ['14,986,552 bytes (15.0 MB) in 2 files, as api.example lists them.', [file(), file()]],
    ['9,493,276 bytes (9.49 MB) in 3 files, one of them as api.example lists it.', [counted, file(), counted]],
    ['1,000,000 bytes (1.00 MB).', [counted]],
    ['the host did not say; no file of more than 268.4 MB is taken.', [counted, file({ bytes: null, by: null })]],
  ])('%s', (sentence, files) => expect(sizeSentence(files)).toBe(sentence));

  test('comes with what is wrong with a file', () => {
    expect(troubleSentence([counted, file()])).toBeNull();
    expect(troubleSentence([counted, file({ instead: 'another' })])).toBe(
      'api.example lists another g.npz than the one that Edgewise knows: what arrives will not pass the check.',
    );
    expect(troubleSentence([file({ bytes: null, by: null, instead: 'none' })])).toBe(
      'api.example no longer lists g.npz: the download is likely to fail.',
    );
  });
});
