"""The peer of `npm run bench -- sampler`: PyTorch Geometric's NeighborLoader on one thread.

    python pyg_loader.py FOLDER

FOLDER holds `case.json` and arrays that it names (raw, little-endian): CSR offsets and indices whose row v lists the
neighbours that v receives from, features, seeds. One JSON line: {"name", "sampler", "sampling": [...], "loading": [...]},
each entry {"cpuMs", "wallMs", "edges", "nodes"} of one batch; or {"missing": why}.
"""

import json
import os
import sys
import time
import warnings

# Before torch is imported: it reads the variable once.
os.environ["OMP_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")


def main():
    try:
        import numpy as np
        import torch
        import torch_geometric
        from torch_geometric.data import Data
        from torch_geometric.loader import NeighborLoader
    except ImportError as error:
        return {"missing": str(error)}
    from torch_geometric import typing as installed

    sampler = "pyg-lib" if installed.WITH_PYG_LIB else "torch-sparse" if installed.WITH_TORCH_SPARSE else None
    if sampler is None:
        return {"missing": "neither pyg-lib nor torch-sparse is installed"}
    torch.set_num_threads(1)
    folder = sys.argv[1]
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as file:
        case = json.load(file)

    def load(name, dtype):
        return torch.from_numpy(np.fromfile(os.path.join(folder, name), dtype=dtype))

    offsets = load("indptr", np.uint32).long()
    source = load("indices", np.uint32).long()
    target = torch.repeat_interleave(torch.arange(case["nodes"]), offsets[1:] - offsets[:-1])
    features = load("features", np.float32).view(case["nodes"], -1)
    seeds = load("seeds", np.uint32).long()
    data = Data(x=features, edge_index=torch.stack([source, target]))
    del source, target
    loader = NeighborLoader(
        data,
        num_neighbors=case["fanOut"],
        input_nodes=seeds,
        batch_size=case["batch"],
        is_sorted=True,
        filter_per_worker=True,
    )
    batches = [list(range(at, at + case["batch"])) for at in range(0, len(seeds), case["batch"])]

    def timed(make):
        results = []
        for batch in batches:
            cpu, wall = time.process_time(), time.perf_counter()
            edges, nodes = make(batch)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            results.append({"cpuMs": 1000 * cpu, "wallMs": 1000 * wall, "edges": edges, "nodes": nodes})
        return results[case["warmUp"] :]

    def sample(batch):
        out = loader.node_sampler.sample_from_nodes(loader.input_data[batch])
        return out.row.numel(), out.node.numel()

    def gather(batch):
        out = loader.collate_fn(batch)
        return out.edge_index.size(1), out.x.size(0)

    return {
        "name": f"PyTorch Geometric {torch_geometric.__version__}, torch {torch.__version__}",
        "sampler": sampler,
        "sampling": timed(sample),
        "loading": timed(gather),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
