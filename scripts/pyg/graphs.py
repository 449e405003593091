"""Reads the graph of a run independently of Edgewise: a bundle, or the eight files of a Planetoid set."""

import gzip
import json
from pathlib import Path

import torch
from safetensors import deserialize
from torch_geometric.io import read_planetoid_data
from torch_geometric.utils import coalesce, remove_self_loops, to_undirected


def read_graph(path: Path):
    """x [N, features] (the identity where the file has none), edge_index [2, E] in both directions, weights or None."""
    if path.is_dir():
        return read_planetoid(path)
    if path.name.endswith(('.safetensors', '.safetensors.gz')):
        return read_bundle(path)
    raise SystemExit(f'{path}: give a bundle (.safetensors, .safetensors.gz) or a folder with a Planetoid set.')


def read_planetoid(folder: Path):
    names = {file.name.split('.')[1] for file in folder.glob('ind.*.graph')}
    if len(names) != 1:
        raise SystemExit(f'{folder}: has the graphs of {len(names)} Planetoid sets; give a folder with one.')
    data = read_planetoid_data(str(folder), names.pop())
    edges, _ = remove_self_loops(data.edge_index)
    return data.x, coalesce(to_undirected(edges)), None


def read_bundle(path: Path):
    """The format is described in src/formats/bundle.ts."""
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == '.gz' else content
    length = int.from_bytes(content[:8], 'little')
    metadata = json.loads(content[8 : 8 + length])['__metadata__']
    tensors = dict(deserialize(content))
    nodes, width = int(metadata['nodes']), int(metadata['features'])
    upper = sorted_rows(tensors['edges']['data'], nodes, from_row=True)
    weight = floats(tensors['edges.weight']) if 'edges.weight' in tensors else None
    keep = upper[0] != upper[1]
    upper, weight = upper[:, keep], None if weight is None else weight[keep]
    edges = torch.cat([upper, upper.flip(0)], dim=1)
    return features(tensors, nodes, width), edges, None if weight is None else torch.cat([weight, weight])


def features(tensors: dict, nodes: int, width: int) -> torch.Tensor:
    if width == 0:
        return torch.eye(nodes)
    if tensors['features']['dtype'] == 'F32':
        return floats(tensors['features']).view(nodes, width)
    rows, columns = sorted_rows(tensors['features']['data'], nodes, from_row=False)
    x = torch.zeros(nodes, width)
    x[rows, columns] = floats(tensors['features.values']) if 'features.values' in tensors else 1.0
    return x


def floats(tensor: dict) -> torch.Tensor:
    return torch.frombuffer(bytearray(tensor['data']), dtype=torch.float32)


def sorted_rows(data: bytes, rows: int, from_row: bool) -> torch.Tensor:
    """Row and column of every entry, [2, entries]; the coding is described in src/formats/sortedRows.ts."""
    numbers = varints(data)
    pairs: list[tuple[int, int]] = []
    for row in range(rows):
        column = row if from_row else 0
        for _ in range(next(numbers)):
            column += next(numbers)
            pairs.append((row, column))
            column += 1
    return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).t().contiguous()


def varints(data: bytes):
    value, shift = 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value, shift = 0, 0
