import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** The name of the service worker's file, beside the index: its folder is what it may answer for. */
export const OFFLINE = 'offline.js';

/** Builds the service worker as a file of its own and tells it which files there are. */
export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle: {
      // After the plugins that make files.
      order: 'post',
      handler(_, bundle) {
        const chunk = bundle[OFFLINE];
        if (chunk?.type !== 'chunk') throw new Error(`the build made no ${OFFLINE}`);
        if (chunk.imports.length > 0) throw new Error(`${OFFLINE} imports ${chunk.imports}: it must be one file`);
        const made = Object.keys(bundle).filter((name) => name !== OFFLINE && !/\.(html|map)$/.test(name));
        const open = readdirSync('public')
          .filter((name) => !name.startsWith('.'))
          .sort();
        const files = [...made, ...open].sort();
        // Names carry the hashes of what they name; the index has none, and neither have public files.
        const contents = open.map((name) => readFileSync(join('public', name), 'base64'));
        const html = Object.values(bundle).flatMap((file) =>
          file.fileName.endsWith('.html') && file.type === 'asset' ? [String(file.source)] : [],
        );
        const version = createHash('sha256')
          .update(JSON.stringify([files, contents, html, chunk.code]))
          .digest('hex')
          .slice(0, 16);
        chunk.code = chunk.code
          .replaceAll('OFFLINE_FILES', JSON.stringify(files))
          .replaceAll('OFFLINE_VERSION', JSON.stringify(version));
      },
    },
  };
}
