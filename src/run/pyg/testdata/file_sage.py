"""
GraphSAGE on cora: a run of Edgewise in PyTorch Geometric.

Needs torch and torch_geometric, and pyg-lib or torch-sparse for NeighborLoader. Reads cora-pyg.npz
beside it.
Random numbers are other ones than in Edgewise, so this is another seed of the same experiment:
compare means over several seeds.
Half precision, recomputation and memory budgets have no counterpart: they change how Edgewise
computes, not what.
"""

import copy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch_geometric.data import Data
from torch_geometric.loader import NeighborLoader
from torch_geometric.nn import SAGEConv
from torch_geometric.utils import index_to_mask

SEED = 0
SPLIT = 0
FEATURES = 1433
CLASSES = 7
HIDDEN = 64
DROPOUT = 0.5
EPOCHS = 10
LR = 0.003
BATCH_SIZE = 1024
FAN_OUT = [10, 10]
EVALUATION_BATCH_SIZE = 1024
EVALUATION_FAN_OUT = [10, 10]
EVALUATION_NODES = 10000

torch.manual_seed(SEED)
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')


def at_most(number, mask):
    """So many nodes of a mask, drawn once."""
    nodes = mask.nonzero().view(-1)
    return index_to_mask(nodes[torch.randperm(len(nodes))[:number]], len(mask))


with np.load(Path(__file__).with_name('cora-pyg.npz')) as file:
    graph = {name: torch.from_numpy(file[name]) for name in file.files}
data = Data(
    x=graph['x'],
    edge_index=graph['edge_index'].long(),
    y=graph['y'].long(),
    train_mask=graph['train_mask'],
    val_mask=graph['val_mask'],
    test_mask=graph['test_mask'],
)
train_mask = data.train_mask[:, SPLIT]
val_mask = at_most(EVALUATION_NODES, data.val_mask[:, SPLIT])
test_mask = at_most(EVALUATION_NODES, data.test_mask[:, SPLIT])


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = torch.nn.ModuleList([
            SAGEConv(FEATURES, HIDDEN),
            SAGEConv(HIDDEN, CLASSES),
        ])

    def forward(self, x, edge_index):
        for conv in self.convs[:-1]:
            x = F.dropout(x, DROPOUT, self.training)
            x = conv(x, edge_index).relu()
        return self.convs[-1](F.dropout(x, DROPOUT, self.training), edge_index)


model = Net().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=LR)

evaluation_loader = NeighborLoader(
    data, EVALUATION_FAN_OUT, input_nodes=val_mask | test_mask, batch_size=EVALUATION_BATCH_SIZE
)

loader = NeighborLoader(
    data, FAN_OUT, input_nodes=train_mask, batch_size=BATCH_SIZE, shuffle=True
)


def train():
    model.train()
    total = seen = 0
    for batch in loader:
        batch = batch.to(device)
        out = model(batch.x, batch.edge_index)[:batch.batch_size]
        y = batch.y[:batch.batch_size]
        loss = F.cross_entropy(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        seen += len(y)
    return total / seen


def accuracy(out, y):
    return (out.argmax(1) == y).float().mean().item()


@torch.no_grad()
def evaluate():
    """Loss and accuracy of the validation nodes, accuracy of the test nodes."""
    model.eval()
    out, y = torch.zeros(data.num_nodes, CLASSES, device=device), data.y.to(device)
    for batch in evaluation_loader:
        batch = batch.to(device)
        seeds = batch.n_id[:batch.batch_size]
        out[seeds] = model(batch.x, batch.edge_index)[:batch.batch_size]
    loss = F.cross_entropy(out[val_mask], y[val_mask]).item()
    return loss, accuracy(out[val_mask], y[val_mask]), accuracy(out[test_mask], y[test_mask])


best = None
for epoch in range(1, EPOCHS + 1):
    loss = train()
    val_loss, val, test = evaluate()
    if best is None or not val_loss >= best:  # without validation nodes it is NaN: then the last epoch is the best
        best, best_epoch, best_test = val_loss, epoch, test
        weights = copy.deepcopy(model.state_dict())
    if epoch % 10 == 0:
        print(f'epoch {epoch}: loss {loss:.4f}, validation {val:.4f}, test {test:.4f}')
model.load_state_dict(weights)
print(f'best epoch {best_epoch}: test accuracy {best_test:.4f}')
