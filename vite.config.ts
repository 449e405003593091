import { defineConfig } from 'vitest/config';

/**
 * `vite build --ssr` bundles the command line and the benches for Node; `?raw` imports put the WGSL files into the bundle.
 * The native modules stay outside.
 */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    rollupOptions: {
      input: { edgewise: 'src/cli/main.ts', bench: 'src/cli/bench.ts' },
      external: ['webgpu'],
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  ssr: { noExternal: ['fflate'] },
  test: {
    include: ['src/**/*.test.ts', 'datasets/**/*.test.ts', 'scripts/**/*.test.mjs'],
    testTimeout: 60_000,
    // Dawn keeps threads and a device per process: one process per test file, no worker threads.
    pool: 'forks',
  },
});
