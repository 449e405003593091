"""The CPU peers of `npm run bench -- peers`: NumPy/SciPy and PyTorch Geometric, the same model on the same input.

    python run.py INPUT.json [--warmup 3] [--samples 20] [--seconds 60] [--steps 1] [--threads 0]
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
from functools import partial

import numpy_gcn
import pyg


PEERS = [
    ("numpy-scipy", numpy_gcn.peer),
    ("pyg-cpu", pyg.peer),
    ("pyg-cpu-sparse", partial(pyg.peer, features="sparse")),
    ("pyg-cpu-csr", partial(pyg.peer, adjacency="csr")),
    ("pyg-cpu-compiled", partial(pyg.peer, compiled=True)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--warmup", type=int, default=3, help="samples before the first that counts")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60, help="stop after that long, but not before the third sample")
    parser.add_argument("--steps", type=int, default=1, help="steps per sample")
    parser.add_argument("--threads", type=int, default=0, help="PyTorch's; 0 leaves its default, which busy cores ruin")
    parser.add_argument("--only", default="", help="a part of the names of the peers that are wanted")
    parser.add_argument("--losses", type=int, default=0, help="print the loss of that many steps instead of times")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    if options.threads:
        # Before torch is imported: it reads the variable once.
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    with open(options.input, encoding="utf-8") as file:
        problem = json.load(file)
    for name, make in PEERS:
        if options.only not in name:
            continue
        try:
            print(json.dumps({"name": name, **measure(make, problem, options)}), flush=True)
        except (ImportError, NotImplementedError) as error:
            print(json.dumps({"name": name, "missing": f"{error}"}), flush=True)
        except Exception as error:  # torch.compile needs a C++ compiler, and fails in its own many ways without one
            reason = str(error).strip().splitlines()
            print(json.dumps({"name": name, "missing": f"{type(error).__name__}: {reason[0] if reason else ''}"}), flush=True)


def measure(make, problem, options):
    version, formulation, step = make(problem)
    if options.losses:
        return {"formulation": formulation, "losses": [step() for _ in range(options.losses)]}
    loss = math.nan

    def sample():
        nonlocal loss
        start = time.perf_counter()
        for _ in range(options.steps):
            loss = step()
        return (time.perf_counter() - start) * 1000 / options.steps

    def samples(most, seconds, least):
        begun, times = time.perf_counter(), []
        while len(times) < least or (len(times) < most and time.perf_counter() - begun < seconds):
            times.append(sample())
        return times

    samples(options.warmup, options.seconds / 4, 1)
    times = samples(options.samples, options.seconds, 3)
    eager = "eager" in formulation
    return {"version": version, "formulation": formulation, "pygEager": eager, "msPerStep": times, "loss": loss}


if __name__ == "__main__":
    sys.exit(main())
