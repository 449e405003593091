"""The GCN in NumPy and SciPy."""

import math

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def peer(problem):
    """CSR products in SciPy, the derivative by hand, float32."""
    import numpy as np
    import scipy
    import scipy.sparse as sp

    nodes, hidden, p = problem["nodes"], problem["hidden"], problem["dropout"]
    rng = np.random.default_rng(problem["seed"])

    if problem["model"] != "gcn":
        raise NotImplementedError("only the GCN is written out in NumPy")

    def csr(key, columns):
        m = problem[key]
        values = np.asarray(m["values"], np.float32)
        return sp.csr_matrix((values, np.asarray(m["indices"], np.int32), m["indptr"]), (nodes, columns))

    columns = problem["featureCount"]
    sparse = problem["features"]["kind"] == "sparse"
    features = csr("features", columns) if sparse else np.asarray(problem["features"]["values"], np.float32).reshape(nodes, columns)
    adjacency = csr("adjacency", nodes)
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
        if p > 0 and not sparse:
            x = features * keep(features.shape)
        elif p > 0:
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

    formulation = f"CSR {'features and ' if sparse else ''}adjacency, derivative by hand, CPU"
    return f"NumPy {np.__version__}, SciPy {scipy.__version__}", formulation, step


def weight_shapes(problem):
    f, h, c = problem["featureCount"], problem["hidden"], problem["classes"]
    return {"w1": (f, h), "b1": (h,), "w2": (h, c), "b2": (c,)}


def initial_weights(problem, rng):
    """The input's own weights, or Glorot's uniform and zero biases."""
    if "weights" in problem:
        return problem["weights"]
    shapes = weight_shapes(problem)

    def glorot(shape):
        limit = math.sqrt(6 / sum(shape))
        return rng.uniform(-limit, limit, shape)

    return {k: glorot(s) if k[0] == "w" else [0.0] * s[0] for k, s in shapes.items()}
