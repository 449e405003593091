"""
GCN on cora: a run of Edgewise in PyTorch Geometric.

Needs torch and torch_geometric.
Random numbers are other ones than in Edgewise, so this is another seed of the same experiment:
compare means over several seeds.
Half precision, recomputation and memory budgets have no counterpart: they change how Edgewise
computes, not what.
"""

import copy

import torch
import torch.nn.functional as F
from torch_geometric.datasets import Planetoid
from torch_geometric.nn import GCNConv

SEED = 0
FEATURES = 1433
CLASSES = 7
HIDDEN = 16
DROPOUT = 0.5
EPOCHS = 200
LR = 0.01
WEIGHT_DECAY = 0.0005

torch.manual_seed(SEED)
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')

data = Planetoid('data', name='Cora')[0]
data.x = F.normalize(data.x, p=1)  # rows add up to 1
train_mask = data.train_mask
val_mask = data.val_mask
test_mask = data.test_mask
data = data.to(device)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = torch.nn.ModuleList([
            GCNConv(FEATURES, HIDDEN),
            GCNConv(HIDDEN, CLASSES),
        ])

    def forward(self, x, edge_index):
        for conv in self.convs[:-1]:
            x = F.dropout(x, DROPOUT, self.training)
            x = conv(x, edge_index).relu()
        return self.convs[-1](F.dropout(x, DROPOUT, self.training), edge_index)


def decay_of(name):
    """Only the first layer decays."""
    return WEIGHT_DECAY if name.startswith('convs.0.') else 0


model = Net().to(device)
groups = [{'params': [p], 'weight_decay': decay_of(name)} for name, p in model.named_parameters()]
optimizer = torch.optim.Adam(groups, lr=LR)


def train():
    model.train()
    optimizer.zero_grad()
    out = model(data.x, data.edge_index)
    loss = F.cross_entropy(out[train_mask], data.y[train_mask])
    loss.backward()
    optimizer.step()
    return loss.item()


def accuracy(out, y):
    return (out.argmax(1) == y).float().mean().item()


@torch.no_grad()
def evaluate():
    """Loss and accuracy of the validation nodes, accuracy of the test nodes."""
    model.eval()
    out, y = model(data.x, data.edge_index), data.y
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
