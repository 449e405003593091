import { expect, test } from 'vitest';
import { fileNameOf, parseDataUrl } from './dataUrl.ts';

test.each([
  ['https://example.org/a/graph.npz', 'https://example.org/a/graph.npz'],
  ['HTTPS://Example.org/graph.npz?x=1#part', 'https://example.org/graph.npz?x=1'],
  ['http://localhost:8080/g.csv', 'http://localhost:8080/g.csv'],
  ['http://127.0.0.1/g.csv', 'http://127.0.0.1/g.csv'],
  ['https://github.com/a/b/raw/main/data/g.npz', 'https://raw.githubusercontent.com/a/b/main/data/g.npz'],
  ['https://github.com/a/b/blob/main/g.npz?plain=1', 'https://raw.githubusercontent.com/a/b/main/g.npz'],
  ['https://github.com/a/b/releases/download/v1/g.npz', 'https://github.com/a/b/releases/download/v1/g.npz'],
])('%s is asked for as %s', (text, address) => {
  expect(parseDataUrl(text, 'this link')).toBe(address);
});

test.each([
  ['http://example.org/g.npz', /only https is fetched/],
  ['http://localhost.example.org/g.npz', /only https is fetched/],
  ['http://127.0.0.1.example.org/', /only https is fetched/],
  ['https://github.com@example.org/g.npz', /user name or a password/],
  ['https://:secret@example.org/', /user name or a password/],
  ['https:// /', /is no address/],
  ['javascript:alert(1)', /only https is fetched/],
  ['data:text/csv,0,1', /only https is fetched/],
  ['file:///etc/passwd', /only https is fetched/],
  [`https://example.org/${'a'.repeat(500)}`, /more than 500 characters/],
])('%s is refused in one sentence', (text, sentence) => {
  expect(() => parseDataUrl(text, 'this link')).toThrow(sentence);
  expect(() => parseDataUrl(text, 'this link')).toThrow(/^this link: data /);
});

test.each([
  ['https://example.org/a/graph.npz', 'graph.npz'],
  ['https://zenodo.org/api/records/7/files/my%20graph.npz/content', 'my graph.npz'],
  ['https://example.org/a%2F..%2Fb.csv', 'a_.._b.csv'],
  ['https://example.org/%E0%A4%A', '%E0%A4%A'],
  ['https://example.org/', 'graph'],
])('the file at %s is called %s', (address, name) => {
  expect(fileNameOf(address)).toBe(name);
});
