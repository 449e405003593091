import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the frame that speaks to other hosts may run its own script and nothing else', () => {
  const page = readFileSync(new URL('../../../public/fetcher.html', import.meta.url), 'utf8');
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
  expect(scripts).toHaveLength(1);
  const hash = createHash('sha256').update(scripts[0][1]).digest('base64');
  const policy = /content="(default-src[^"]*)"/.exec(page)?.[1].split('; ');
  expect(policy).toEqual([
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'connect-src https: http://localhost:* http://127.0.0.1:*',
  ]);
});
