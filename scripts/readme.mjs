/** `node --import tsx scripts/readme.mjs`: writes the reference of the hyperparameters into README.md, between its markers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { referenceMarkdown } from '../src/config/reference.ts';

const README = new URL('../README.md', import.meta.url);
const before = readFileSync(README, 'utf8');
const after = before.replace(/(<!-- config -->\n)[\s\S]*?(<!-- \/config -->)/, (_, open, close) => {
  return `${open}\n${referenceMarkdown()}\n${close}`;
});
if (!before.includes('<!-- config -->'))
  throw new Error('README.md has no <!-- config --> … <!-- /config --> to fill.');
writeFileSync(README, after);
