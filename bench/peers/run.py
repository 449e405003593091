"""The CPU peers of `npm run bench -- peers`: NumPy/SciPy and PyTorch Geometric, the same GCN on the same input.

    python run.py INPUT.json [--warmup 5] [--samples 20] [--steps 1] [--threads 0]
    python run.py INPUT.json --losses 10

INPUT.json is a PeerInput (input.mjs). One JSON line per peer: {"name", "version", "formulation", "msPerStep", "loss"}, or
with --losses {"name", "formulation", "losses"}, the loss of each step. A peer whose module is missing or that does not run
here is {"name", "missing": why}; the exit status stays 0.
"""

import argparse
import json
import math
import os
import sys
import time
import warnings

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def numpy_peer(problem):
    """CSR products in SciPy, the derivative by hand, float32."""
    import numpy as np
    import scipy
    import scipy.sparse as sp

    nodes, hidden, p = problem["nodes"], problem["hidden"], problem["dropout"]
    rng = np.random.default_rng(problem["seed"])

    def csr(key, columns):
        m = problem[key]
        values = np.asarray(m["values"], np.float32)
        return sp.csr_matrix((values, np.asarray(m["indices"], np.int32), m["indptr"]), (nodes, columns))

    features, adjacency = csr("features", problem["featureCount"]), csr("adjacency", nodes)
    labels, train = np.asarray(problem["labels"]), np.flatnonzero(problem["train"])
    shapes = weight_shapes(problem)
    params = {k: np.asarray(v, np.float32).reshape(shapes[k]) for k, v in initial_weights(problem, rng).items()}
    m = {k: np.zeros_like(v) for k, v in params.items()}
    v = {k: np.zeros_like(w) for k, w in params.items()}
    count = 0

    def keep(shape):
        return (rng.random(shape, np.float32) >= p) * np.float32(1 / (1 - p))

    def step():
        nonlocal count
        count += 1
        x = features
        if p > 0:
            x = sp.csr_matrix((features.data * keep(features.nnz), features.indices, features.indptr), features.shape)
        before = adjacency @ (x @ params["w1"]) + params["b1"]
        gate = (before > 0).astype(np.float32)
        if p > 0:
            gate *= keep((nodes, hidden))
        h = before * gate
        scores = adjacency @ (h @ params["w2"]) + params["b2"]
        picked = scores[train] - scores[train].max(1, keepdims=True)
        log_probability = picked - np.log(np.exp(picked).sum(1, keepdims=True))
        rows = np.arange(len(train))
        loss = -log_probability[rows, labels[train]].mean()

        d_picked = np.exp(log_probability)
        d_picked[rows, labels[train]] -= 1
        d_scores = np.zeros_like(scores)
        d_scores[train] = d_picked / len(train)
        d_projected = adjacency @ d_scores
        d_before = (d_projected @ params["w2"].T) * gate
        gradients = {
            "w1": x.T @ (adjacency @ d_before) + problem["weightDecay"] * params["w1"],
            "b1": d_before.sum(0) + problem["weightDecay"] * params["b1"],
            "w2": h.T @ d_projected,
            "b2": d_scores.sum(0),
        }
        rate, correction = problem["lr"] / (1 - BETA1**count), 1 - BETA2**count
        for k, g in gradients.items():
            m[k] = BETA1 * m[k] + (1 - BETA1) * g
            v[k] = BETA2 * v[k] + (1 - BETA2) * g * g
            params[k] -= rate * m[k] / (np.sqrt(v[k] / correction) + EPSILON)
        return float(loss)

    return f"NumPy {np.__version__}, SciPy {scipy.__version__}", step


def pyg_peer(problem, sparse_features=False, compiled=False):
    """GCNConv(cached=True), torch.optim.Adam; optionally CSR features, optionally torch.compile around the step."""
    import torch
    import torch.nn.functional as F
    import torch_geometric
    from torch_geometric.nn import GCNConv

    torch.manual_seed(problem["seed"])
    nodes, columns, p = problem["nodes"], problem["featureCount"], problem["dropout"]

    def coo(key):
        indptr = torch.tensor(problem[key]["indptr"])
        return torch.stack([torch.repeat_interleave(torch.arange(nodes), indptr.diff()), torch.tensor(problem[key]["indices"])])

    entries, values = coo("features"), torch.tensor(problem["features"]["values"])
    x = torch.zeros(nodes, columns)
    x[entries[0], entries[1]] = values
    edges = coo("adjacency")
    edges = edges[:, edges[0] != edges[1]]  # GCNConv adds the self-loops and normalises, once

    # What autograd does for a product with a CSR matrix builds the transpose anew in every step.
    class SparseProduct(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            ctx.save_for_backward(x.values())
            return x @ weight

        @staticmethod
        def backward(ctx, gradient):
            (kept,) = ctx.saved_tensors
            turned = torch.sparse_csr_tensor(turned_indptr, entries[0][order], kept[order], (columns, nodes))
            return None, turned @ gradient

    class SparseLinear(torch.nn.Module):
        def __init__(self, dense):
            super().__init__()
            self.weight = dense.weight

        def forward(self, x):
            return SparseProduct.apply(x, self.weight.t())

    order = torch.argsort(entries[1], stable=True)
    counts = torch.bincount(entries[1], minlength=columns)
    turned_indptr = torch.cat([torch.zeros(1, dtype=torch.long), counts.cumsum(0)])
    indptr = torch.tensor(problem["features"]["indptr"])

    def dropped_features():
        if sparse_features:
            return torch.sparse_csr_tensor(indptr, entries[1], F.dropout(values, p), (nodes, columns))
        return F.dropout(x, p)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = GCNConv(columns, problem["hidden"], cached=True)
            self.conv2 = GCNConv(problem["hidden"], problem["classes"], cached=True)
            if sparse_features:
                self.conv1.lin = SparseLinear(self.conv1.lin)

        def forward(self):
            h = self.conv1(dropped_features(), edges).relu()
            return self.conv2(F.dropout(h, p), edges)

    model = Model()
    with torch.no_grad():
        if "w1" in problem:
            shapes = weight_shapes(problem)
            for conv, n in ((model.conv1, "1"), (model.conv2, "2")):
                conv.lin.weight.copy_(torch.tensor(problem[f"w{n}"]).view(shapes[f"w{n}"]).t())
                conv.bias.copy_(torch.tensor(problem[f"b{n}"]))
    optimizer = torch.optim.Adam(
        [
            {"params": model.conv1.parameters(), "weight_decay": problem["weightDecay"]},
            {"params": model.conv2.parameters(), "weight_decay": 0.0},
        ],
        lr=problem["lr"],
        betas=(BETA1, BETA2),
        eps=EPSILON,
    )
    labels, train = torch.tensor(problem["labels"]), torch.tensor(problem["train"]).bool().nonzero().view(-1)
    model.train()
    # Fills the convolutions' caches, so that what is compiled has no branch for the first call.
    model()

    def loss_of():
        return F.cross_entropy(model()[train], labels[train])

    loss_fn = torch.compile(loss_of, dynamic=False) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss = loss_fn()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return f"torch_geometric {torch_geometric.__version__}, torch {torch.__version__}, {torch.get_num_threads()} threads", step


def weight_shapes(problem):
    f, h, c = problem["featureCount"], problem["hidden"], problem["classes"]
    return {"w1": (f, h), "b1": (h,), "w2": (h, c), "b2": (c,)}


def initial_weights(problem, rng):
    """The input's own weights, or Glorot's uniform and zero biases."""
    if "w1" in problem:
        return {k: problem[k] for k in ("w1", "b1", "w2", "b2")}
    shapes = weight_shapes(problem)

    def glorot(shape):
        limit = math.sqrt(6 / sum(shape))
        return rng.uniform(-limit, limit, shape)

    return {k: glorot(s) if k[0] == "w" else [0.0] * s[0] for k, s in shapes.items()}


PEERS = [
    ("numpy-scipy", "CSR features and adjacency, derivative by hand, CPU", numpy_peer),
    ("pyg-cpu", "GCNConv(cached=True), dense features, eager", pyg_peer),
    ("pyg-cpu-sparse", "GCNConv(cached=True), CSR features with their transpose cached, eager", lambda q: pyg_peer(q, True)),
    ("pyg-cpu-compiled", "GCNConv(cached=True), dense features, torch.compile", lambda q: pyg_peer(q, False, True)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--steps", type=int, default=1, help="steps per sample")
    parser.add_argument("--threads", type=int, default=0, help="PyTorch's; 0 leaves its default, which busy cores ruin")
    parser.add_argument("--losses", type=int, default=0, help="print the loss of that many steps instead of times")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    if options.threads:
        # Before torch is imported: it reads the variable once.
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    with open(options.input, encoding="utf-8") as file:
        problem = json.load(file)
    for name, formulation, make in PEERS:
        try:
            print(json.dumps({"name": name, **measure(make, problem, formulation, options)}), flush=True)
        except ImportError as error:
            print(json.dumps({"name": name, "missing": f"{error}"}), flush=True)
        except Exception as error:  # torch.compile needs a C++ compiler, and fails in its own many ways without one
            reason = str(error).strip().splitlines()
            print(json.dumps({"name": name, "missing": f"{type(error).__name__}: {reason[0] if reason else ''}"}), flush=True)


def measure(make, problem, formulation, options):
    version, step = make(problem)
    if options.losses:
        return {"formulation": formulation, "losses": [step() for _ in range(options.losses)]}
    for _ in range(options.warmup * options.steps):
        step()
    times, loss = [], math.nan
    for _ in range(options.samples):
        start = time.perf_counter()
        for _ in range(options.steps):
            loss = step()
        times.append((time.perf_counter() - start) * 1000 / options.steps)
    return {"version": version, "formulation": formulation, "msPerStep": times, "loss": loss}


if __name__ == "__main__":
    sys.exit(main())
