import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import type { BuildOptions, Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { assemblyScript } from './scripts/assemblyScript.ts';
import { OFFLINE, offline } from './scripts/offline.ts';
import { shaders } from './scripts/shaders.ts';
import { listingAddress } from './src/formats/folderListing.ts';

const COMMAND_LINE: BuildOptions = {
  ssr: true,
  target: 'node20',
  outDir: 'dist',
  emptyOutDir: false,
  rollupOptions: {
    input: { edgewise: 'src/cli/main.ts', bench: 'src/cli/bench.ts', sampler: 'src/cli/samplerThread.ts' },
    external: ['webgpu'],
    output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
  },
};

const PAGE: BuildOptions = {
  target: 'es2023',
  outDir: 'dist/page',
  // A dataset inlined as a data: address would be fetched, which the policy below forbids.
  assetsInlineLimit: 0,
  // Plotly is one file of 1.4 MB that is loaded when everything else is there.
  chunkSizeWarningLimit: 1500,
  rollupOptions: {
    input: { index: 'index.html', offline: 'src/worker/offline.ts' },
    output: {
      ...whole(/src\/app\/main\.tsx$/),
      entryFileNames: ({ name }) => (name === 'offline' ? OFFLINE : 'assets/[name]-[hash].js'),
    },
  },
};

/**
 * Two builds. `vite build` makes the page in dist/page: static files for any host and any sub-path. `vite build --ssr` bundles the
 * command line and the benches for Node; native modules stay outside. Both take WGSL files as text (`?raw`).
 *
 * EDGEWISE_MIRROR, at build time, names another place for the public datasets.
 */
export default defineConfig(({ isSsrBuild }) => ({
  base: './',
  envPrefix: ['VITE_', 'EDGEWISE_MIRROR'],
  plugins: [assemblyScript(), shaders(), ...(isSsrBuild ? [] : [react(), contentSecurityPolicy(), offline()])],
  publicDir: isSsrBuild ? false : 'public',
  worker: {
    format: 'es',
    plugins: () => [assemblyScript(), shaders()],
    rollupOptions: { output: whole(/src\/worker\/trainer\.ts$/) },
  },
  build: isSsrBuild ? COMMAND_LINE : PAGE,
  ssr: { noExternal: ['fflate', 'comlink'] },
  test: {
    include: ['src/**/*.test.ts', 'fuzz/**/*.test.ts', 'datasets/**/*.test.ts', 'scripts/**/*.test.mjs'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Dawn keeps threads and a device per process: one process per test file, no worker threads.
    pool: 'forks',
  },
}));

/**
 * The built page may run its own scripts and nothing else, and may speak to the hosts of the catalogue, those that list its files, and
 * nobody else: what is dropped stays here. Styles are set from scripts by the component library and the charts, hence 'unsafe-inline' for them alone.
 */
function contentSecurityPolicy(): Plugin {
  const catalogue: { files: { url?: string }[] }[] = JSON.parse(
    readFileSync(new URL('datasets/catalogue.json', import.meta.url), 'utf8'),
  );
  const addresses = catalogue.flatMap(({ files }) =>
    files.flatMap(({ url }) => (url ? [url, listingAddress(url) ?? url] : [])),
  );
  const mirror = process.env.EDGEWISE_MIRROR;
  if (mirror && URL.canParse(mirror)) addresses.push(mirror);
  const hosts = [...new Set(addresses.map((address) => new URL(address).origin))];
  const policy = [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${hosts.join(' ')}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
    ],
  };
}

/**
 * All that an entry imports in one file, also what code that comes later shares with it: in a dozen pieces it is a twentieth larger,
 * and each step of imports is one more way to the server and back. https://rolldown.rs/in-depth/manual-code-splitting
 */
function whole(entry: RegExp) {
  return { codeSplitting: { groups: [{ name: 'first', test: entry }] } };
}
