"""Writes the files beside this one. Needs Python 3 with NumPy, SciPy and NetworkX: python3 make.py

ind.gap.*     a Planetoid set of 12 nodes with CiteSeer's trap: node 9 is a test node without edges that is missing from
              test.index, tx and ty; test.index is not sorted
values.pN.pkl one dictionary in pickle protocol N, with everything that a data file may hold
ring.mat      a ring of 8 nodes by SciPy's savemat, compressed; with variables that are no matrices
karate.json   Zachary's karate club from NetworkX (https://networkx.org, BSD-3-Clause), as its node_link_data writes it
"""

import json
import pickle
from collections import OrderedDict, defaultdict
from pathlib import Path

import networkx as nx
import numpy as np
from scipy.io import savemat
from scipy.sparse import csc_matrix, csr_matrix

HERE = Path(__file__).parent

# Row r of the features has r + 1 in column r % 5 and 0.5 in column 5, so that every row can be told from the others.
features = np.zeros((12, 6), dtype=np.float32)
for node in range(12):
    features[node, node % 5] = node + 1
    features[node, 5] = 0.5
labels = np.eye(3, dtype=np.int32)[np.arange(12) % 3]
test_index = [11, 8, 10]

neighbours = defaultdict(list)
for a, b in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 10), (10, 11), (11, 0), (0, 1)]:
    neighbours[a].append(b)
    neighbours[b].append(a)
neighbours[9] = []

parts = {
    "x": csr_matrix(features[:3]),
    "y": labels[:3],
    "allx": csr_matrix(features[:8]),
    "ally": labels[:8],
    "tx": csr_matrix(features[test_index]),
    "ty": labels[test_index],
    "graph": neighbours,
}
for part, value in parts.items():
    (HERE / f"ind.gap.{part}").write_bytes(pickle.dumps(value, protocol=2))
(HERE / "ind.gap.test.index").write_text("".join(f"{node}\n" for node in test_index))

unsorted = csr_matrix((np.array([3.0, 1.0, 2.0]), np.array([2, 0, 2]), np.array([0, 2, 2, 3])), shape=(3, 4))
values = {
    "none": None,
    "yes": True,
    "no": False,
    "small": 7,
    "negative": -300,
    "large": 2**40,
    "huge": -(2**80),
    "float": 0.1,
    "infinite": float("-inf"),
    "text": "Grüße, \\ Δ\n😀",
    "bytes": bytes([0, 10, 39, 92, 128, 255]),
    "tuple": (1, (2, 3), ()),
    "list": [1, [2, []], "a"],
    "ordered": OrderedDict([("b", 1), ("a", 2)]),
    "default": defaultdict(list, {3: [4, 5]}),
    "scalar": np.int64(-5),
    "f8": np.array([[1.5, -2.0, 3.25], [0.0, 1e300, -0.5]]),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
    "big": np.arange(4, dtype=">i2"),
    "u1": np.array([0, 255], dtype=np.uint8),
    "bool": np.array([True, False]),
    "i8": np.array([-(2**53) + 1, 2], dtype=np.int64),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "csr": unsorted,
}
for protocol in range(6):
    (HERE / f"values.p{protocol}.pkl").write_bytes(pickle.dumps(values, protocol=protocol))

# Node v is linked to the one before and the one after, has the value v + 1 in column v % 5 and the class v % 3; node 4 has
# class 2 as well, node 7 none.
ring = np.roll(np.eye(8), 1, axis=1)
counts = np.zeros((8, 5), dtype=np.uint8)
counts[np.arange(8), np.arange(8) % 5] = np.arange(8) + 1
group = np.eye(3, dtype=np.int32)[np.arange(8) % 3]
group[4, 2] = 1
group[7] = 0
savemat(
    HERE / "ring.mat",
    {
        "network": csc_matrix(ring + ring.T),
        "attrb": csc_matrix(counts),
        "group": group,
        "title": "A ring, größer als 3",
        "made": {"by": "make.py", "sizes": np.array([8, 5, 3])},
        "parts": np.array(["a", 3.5], dtype=object),
    },
    do_compression=True,
)
club = nx.node_link_data(nx.karate_club_graph(), edges="links")
(HERE / "karate.json").write_text(json.dumps(club) + "\n")
