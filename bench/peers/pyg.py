"""GCNConv, SAGEConv and GATConv of PyTorch Geometric on the CPU, with torch.optim.Adam."""

BETAS, EPSILON = (0.9, 0.999), 1e-8

# Where the parameters of each model go; the linear layers of PyTorch keep their weights transposed.
PARAMETERS = {
    "gcn": {"w": "lin.weight", "b": "bias"},
    "sage": {"w": "lin_l.weight", "b": "lin_l.bias", "r": "lin_r.weight"},
    "gat": {"w": "lin.weight", "b": "bias", "s": "att_src", "t": "att_dst"},
}


def peer(problem, features="dense", adjacency="edges", compiled=False):
    """Version, formulation, and the step. Raises NotImplementedError where the formulation does not go with the model."""
    import torch
    import torch.nn.functional as F
    import torch_geometric
    from torch_geometric.nn import GATConv, GCNConv, SAGEConv

    model, p = problem["model"], problem["dropout"]
    check(problem, features, adjacency)
    torch.manual_seed(problem["seed"])
    dropped, linear_of = (sparse_input if features == "sparse" else dense_input)(problem)
    graph, weight = csr_graph(problem) if adjacency == "csr" else edge_graph(problem)
    inside = problem["hidden"]

    # What does not change from step to step is done beforehand: self-loops and the normalisation are in the input.
    def gcn(a, b, _last):
        conv = GCNConv(a, b, normalize=False)
        return conv, lambda x: conv(x, graph, None if adjacency == "csr" else weight)

    def sage(a, b, _last):
        conv = SAGEConv(a, b, aggr="sum" if adjacency == "csr" else "mean")
        return conv, lambda x: conv(x, graph)

    def gat(a, b, last):
        heads = 1 if last else problem["heads"]
        conv = GATConv(a, b // heads, heads=heads, dropout=problem["attentionDropout"], add_self_loops=False)
        return conv, lambda x: conv(x, graph)

    build = {"gcn": gcn, "sage": sage, "gat": gat}[model]
    activation = F.elu if model == "gat" else F.relu
    (conv1, first), (conv2, second) = build(problem["featureCount"], inside, False), build(inside, problem["classes"], True)
    if features == "sparse":
        conv1.lin = linear_of(conv1.lin)
    initialise(problem, (conv1, conv2))

    optimizer = torch.optim.Adam(
        [
            {"params": conv1.parameters(), "weight_decay": problem["weightDecay"]},
            {"params": conv2.parameters(), "weight_decay": 0.0},
        ],
        lr=problem["lr"],
        betas=BETAS,
        eps=EPSILON,
    )
    labels, train = torch.tensor(problem["labels"]), torch.tensor(problem["train"]).bool().nonzero().view(-1)

    def loss_of():
        h = activation(first(dropped()))
        return F.cross_entropy(second(F.dropout(h, p))[train], labels[train])

    loss_fn = torch.compile(loss_of, dynamic=False) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss = loss_fn()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    name = {"gcn": "GCNConv", "sage": "SAGEConv", "gat": "GATConv"}[model]
    parts = [
        name,
        "dense features" if features == "dense" else "CSR features with their transpose cached",
        "edge index" if adjacency == "edges" else "CSR adjacency",
        "torch.compile" if compiled else "eager",
        f"{torch.get_num_threads()} threads",
    ]
    return f"torch_geometric {torch_geometric.__version__}, torch {torch.__version__}", ", ".join(parts), step


def check(problem, features, adjacency):
    model = problem["model"]
    if features == "sparse" and problem["features"]["kind"] == "dense":
        raise NotImplementedError("the features are dense")
    if features == "sparse" and model == "sage":
        raise NotImplementedError("SAGEConv gathers the features of the neighbours, which a CSR matrix does not offer")
    if adjacency == "csr" and model == "gat":
        raise NotImplementedError("GATConv has no product of a CSR adjacency")


def coo(problem, key):
    """Rows and columns of a CSR matrix of the input."""
    import torch

    indptr = torch.tensor(problem[key]["indptr"])
    rows = torch.repeat_interleave(torch.arange(problem["nodes"]), indptr.diff())
    return rows, torch.tensor(problem[key]["indices"])


def edge_graph(problem):
    """Messages go from the columns to the rows."""
    import torch

    rows, columns = coo(problem, "adjacency")
    values = problem["adjacency"].get("values")
    return torch.stack([columns, rows]), None if values is None else torch.tensor(values)


def csr_graph(problem):
    import torch

    a, nodes = problem["adjacency"], problem["nodes"]
    return torch.sparse_csr_tensor(torch.tensor(a["indptr"]), torch.tensor(a["indices"]), torch.tensor(a["values"]), (nodes, nodes)), None


def dense_input(problem):
    """A function that drops the features out."""
    import torch
    import torch.nn.functional as F

    shape = (problem["nodes"], problem["featureCount"])
    values = torch.tensor(problem["features"]["values"])
    if problem["features"]["kind"] == "dense":
        x = values.view(shape)
    else:
        x = torch.zeros(shape)
        x[coo(problem, "features")] = values
    return lambda: F.dropout(x, problem["dropout"]), None


def sparse_input(problem):
    """The same with CSR features, and the linear layer that takes them."""
    import torch
    import torch.nn.functional as F

    shape = (problem["nodes"], problem["featureCount"])
    indptr = torch.tensor(problem["features"]["indptr"])
    rows, columns = coo(problem, "features")
    values = torch.tensor(problem["features"]["values"])
    order = torch.argsort(columns, stable=True)
    counts = torch.bincount(columns, minlength=shape[1])
    turned_indptr = torch.cat([torch.zeros(1, dtype=torch.long), counts.cumsum(0)])

    # What autograd does for a product with a CSR matrix builds the transpose anew in every step.
    class SparseProduct(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            ctx.save_for_backward(x.values())
            return x @ weight

        @staticmethod
        def backward(ctx, gradient):
            (kept,) = ctx.saved_tensors
            turned = torch.sparse_csr_tensor(turned_indptr, rows[order], kept[order], shape[::-1])
            return None, turned @ gradient

    class SparseLinear(torch.nn.Module):
        def __init__(self, dense):
            super().__init__()
            self.weight = dense.weight

        def forward(self, x):
            return SparseProduct.apply(x, self.weight.t())

    return lambda: torch.sparse_csr_tensor(indptr, columns, F.dropout(values, problem["dropout"]), shape), SparseLinear


def initialise(problem, convolutions):
    """The input's own weights, or what PyTorch Geometric draws."""
    import torch

    if "weights" not in problem:
        return
    with torch.no_grad():
        for nth, conv in enumerate(convolutions, 1):
            parameters = dict(conv.named_parameters())
            for key, name in PARAMETERS[problem["model"]].items():
                parameter, values = parameters[name], torch.tensor(problem["weights"][f"{key}{nth}"])
                transposed = name.startswith("lin") and parameter.dim() == 2
                parameter.copy_(values.view(*reversed(parameter.shape)).t() if transposed else values.view(parameter.shape))
