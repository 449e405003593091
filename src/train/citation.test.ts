import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import { readGraphFiles } from '../formats/open.ts';
import { arrange } from '../graph/arrange.ts';
import { train } from './session.ts';
import { CPU } from './testing/backends.ts';

const folder = process.env.EDGEWISE_DATA ?? '';

describe.skipIf(!folder)(
  `citation networks of AdaGCN${folder ? '' : ' (skipped: EDGEWISE_DATA names no folder)'}`,
  () => {
    test.each(['gcn', 'sage'])(
      'nodes with several labels are learned by what is recommended for them: %s',
      async (kind) => {
        const name = 'citationv1.mat';
        const graph = arrange(readGraphFiles([{ name, bytes: readFileSync(join(folder, 'adagcn', name)) }]));
        expect(graph.labelSets).not.toBeNull();
        const sets = [`model.kind=${kind}`, 'training.epochs=140'];
        const { config } = resolveConfig({ multiLabel: graph.labelSets !== null, sets });
        const { result } = await train({ graph, config, backend: CPU.backend, fit: false });
        // Micro-F1. With the weight decay of the citation graphs it is 0.
        expect(result.testAcc).toBeGreaterThan(0.75);
      },
    );
  },
);
