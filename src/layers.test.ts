import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';

/**
 * The rooms of the house, top to bottom (docs/design.md): a folder of src/ may import from those below it, never from one
 * above. Every way to name a module counts: imports, re-exports, `import()`, `import('x').Type`, and worker URLs.
 */
const ORDER = [
  'app',
  'cli',
  'worker',
  'bench',
  'train',
  'task',
  'model',
  'device',
  'tensor',
  'store',
  'graph',
  'formats',
  'run',
  'config',
];

/** The page talks to the worker; it knows nothing of the engine. */
const APP_MAY_IMPORT = ['app', 'worker', 'run', 'config'];

/** The benched peers are packages of bench/peers, found when they run; nothing else may import what it cannot name. */
const IMPORTS_AT_RUN_TIME = ['cli/peerSource.ts'];

const ROOT = dirname(fileURLToPath(import.meta.url));

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Everything that the text of a module imports; null stands for an import whose name is only known when it runs. */
function importsOf(text: string, path: string): (string | null)[] {
  const found: (string | null)[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    if (typeof value !== 'object' || value === null || !('type' in value)) return;
    const node = value as Node;
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'TSImportType':
      case 'ImportExpression':
        found.push(literal(node.source));
        break;
      case 'ExportNamedDeclaration':
        if (node.source) found.push(literal(node.source));
        break;
      case 'NewExpression': {
        // new Worker(new URL('./worker.ts', import.meta.url)) makes the bundler import the file.
        const target = (node.callee as Node).name === 'URL' ? literal((node.arguments as Node[])[0]) : null;
        if (target && /^\.{1,2}\/.*\.tsx?$/.test(target)) found.push(target);
        break;
      }
    }
    for (const field of Object.values(node)) visit(field);
  };
  visit(parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }));
  return found;
}

function literal(node: unknown): string | null {
  const { type, value, quasis } = node as Node;
  if (type === 'Literal') return String(value);
  const parts = quasis as { value: { cooked: string } }[] | undefined;
  return type === 'TemplateLiteral' && parts?.length === 1 ? parts[0].value.cooked : null;
}

/** What is wrong with the imports of a module; `path` is relative to src/, with slashes. */
function violations(path: string, text: string): string[] {
  const from = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
  const helper = /\.test\.tsx?$|test/i.test(path);
  return importsOf(text, path).flatMap((name) => {
    const wrong = (reason: string) => [`src/${path} imports ${name}: ${reason}`];
    if (name === null) return IMPORTS_AT_RUN_TIME.includes(path) ? [] : wrong('an import must name its module');
    if (name.startsWith('node:')) {
      const allowed = from === 'cli' || path === 'store/file.ts' || helper;
      return allowed ? [] : wrong('only cli/, store/file.ts and tests know Node');
    }
    if (!name.startsWith('.')) return name.startsWith('/') ? wrong('an absolute path') : [];
    const target = normalize(join(dirname(path), name))
      .split(sep)
      .join('/');
    if (target.startsWith('../')) {
      if (/^\.\.\/shaders\/[\w/-]+\.wgsl\?raw$/.test(target)) return [];
      if (from === 'worker' && target === '../datasets/catalogue.json') return [];
      return wrong('outside src only shaders/*.wgsl?raw, and the catalogue for worker/');
    }
    const to = target.includes('/') ? target.slice(0, target.indexOf('/')) : '';
    if (from === '') return [];
    if (!ORDER.includes(to)) return wrong(`${to || 'src/ itself'} is not a room of docs/design.md`);
    if (from === 'app' && !APP_MAY_IMPORT.includes(to))
      return wrong(`app may import only ${APP_MAY_IMPORT.join(', ')}`);
    return ORDER.indexOf(to) < ORDER.indexOf(from) ? wrong(`${to} is above ${from}`) : [];
  });
}

const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'));

describe('imports point downwards', () => {
  it('finds the modules', () => {
    expect(files).toContain('layers.test.ts');
    expect(files).toContain('config/schema.ts');
  });

  it('has only the rooms of the design', () => {
    const rooms = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
    expect([...rooms].filter((room) => !ORDER.includes(room))).toEqual([]);
  });

  it('holds in all of src/', () => {
    expect(files.flatMap((path) => violations(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
  });
});

describe('the check itself', () => {
  it.each([
    ['an import', 'graph/csr.ts', "import { plan } from '../tensor/plan.ts';"],
    ['a type import', 'graph/csr.ts', "import type { Plan } from '../tensor/plan.ts';"],
    ['an import for its effect', 'graph/csr.ts', "import '../tensor/plan.ts';"],
    ['a re-export', 'config/schema.ts', "export { Run } from '../run/record.ts';"],
    ['a re-export of everything', 'config/schema.ts', "export * from '../run/record.ts';"],
    ['a dynamic import', 'formats/open.ts', "const graph = await import('../graph/csr.ts');"],
    ['a dynamic import in backquotes', 'formats/open.ts', 'const graph = await import(`../graph/csr.ts`);'],
    ['a dynamic import by variable', 'formats/open.ts', 'const graph = await import(name);'],
    ['a type query', 'formats/open.ts', "type Graph = import('../graph/graph.ts').Graph;"],
    ['a worker', 'train/session.ts', "new Worker(new URL('../worker/sampler.ts', import.meta.url));"],
    ['a detour', 'graph/csr.ts', "import { plan } from '../graph/../tensor/plan.ts';"],
    ['the engine from the page', 'app/Page.tsx', "import { train } from '../train/session.ts'; const a = <p />;"],
    ['an unknown room', 'train/session.ts', "import { x } from '../utils/x.ts';"],
    ['a file outside', 'cli/main.ts', "import { version } from '../../package.json';"],
    ['a shader as a module', 'device/kernels.ts', "import wgsl from '../../shaders/gemm.wgsl';"],
    ['an absolute path', 'cli/main.ts', "import x from '/etc/x.ts';"],
    ['Node below the command line', 'graph/csr.ts', "import { readFileSync } from 'node:fs';"],
  ])('finds %s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1);
  });

  it.each([
    ['downwards', 'train/session.ts', "import { plan } from '../tensor/plan.ts';"],
    ['within a room', 'tensor/plan.ts', "import { op } from './ops/matmul.ts';"],
    ['a shader', 'device/kernels.ts', "import wgsl from '../../shaders/gemm.wgsl?raw';"],
    ['a package', 'formats/gzip.ts', "import { gunzipSync } from 'fflate';"],
    ['Node in the command line', 'cli/data.ts', "import { readFileSync } from 'node:fs';"],
    ['Node in a test', 'graph/csr.test.ts', "import { readFileSync } from 'node:fs';"],
    [
      'what only looks like an import',
      'config/a.ts',
      "// import '../run/a.ts'\nconst s = \"import '../run/a.ts'\", r = /['\"]/;",
    ],
  ])('allows %s', (_, path, text) => {
    expect(violations(path, text)).toEqual([]);
  });
});
