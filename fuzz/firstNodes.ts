import type { NamedBytes } from '../src/formats/csv.ts';
import { readNpy } from '../src/formats/npy.ts';
import { openZip } from '../src/formats/zip.ts';
import { npy } from './npy.ts';

/** The arrays of an archive of the heterophilous benchmark, cut to its first nodes and the edges among them: quick to read. */
export function firstNodes({ name, bytes }: NamedBytes, nodes: number): Record<string, Uint8Array> {
  const zip = openZip(bytes, name);
  const array = (key: string) => readNpy(zip.unpack(`${key}.npy`), `${name}, ${key}`);
  const values = (key: string) => Array.from(array(key).values);
  const cols = array('node_features').shape[1];
  const pairs = values('edges').flatMap((from, i, all) => (i % 2 ? [] : [[from, all[i + 1]]]));
  const edges = pairs.filter((pair) => pair.every((v) => v < nodes));
  const masks = (key: string) => {
    const [splits, all] = array(key).shape;
    const cut = values(key).filter((_, i) => i % all < nodes);
    return npy('|b1', [splits, nodes], cut);
  };
  return {
    'node_features.npy': npy('<f4', [nodes, cols], values('node_features').slice(0, nodes * cols)),
    'node_labels.npy': npy('<i8', [nodes], values('node_labels').slice(0, nodes)),
    'edges.npy': npy('<i8', [edges.length, 2], edges.flat()),
    'train_masks.npy': masks('train_masks'),
    'val_masks.npy': masks('val_masks'),
    'test_masks.npy': masks('test_masks'),
  };
}
