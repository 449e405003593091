"""One safetensors file, the same bytes every time (the library writes metadata in the order of a hash map)."""

import json
import struct
from pathlib import Path

import torch
import torch_geometric

VERSIONS = {'torch': torch.__version__, 'torch_geometric': torch_geometric.__version__}
DTYPES = {torch.float64: 'F64', torch.float32: 'F32', torch.int32: 'I32', torch.uint8: 'U8'}

# Smaller than any gradient that is not 0 by theory (a bias before a batch norm), larger than the rounding of float64.
ZERO = 1e-13


def stored(tensor: torch.Tensor) -> torch.Tensor:
    """Results as float32, ids as int32, masks as bytes."""
    if tensor.dtype == torch.int64:
        return tensor.to(torch.int32)
    if tensor.dtype == torch.bool:
        return tensor.to(torch.uint8)
    if tensor.dtype == torch.float64:
        return torch.where(tensor.abs() < ZERO, 0, tensor).to(torch.float32)
    return tensor


def write(path: Path, case: str, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """https://github.com/huggingface/safetensors#format; names sorted, float32 and int32 before bytes."""
    kept = {name: stored(tensor.detach()).contiguous() for name, tensor in tensors.items()}
    ordered = sorted(kept, key=lambda name: (-kept[name].element_size(), name))
    header: dict = {'__metadata__': {'case': case, **metadata, **VERSIONS}}
    parts, offset = [], 0
    for name in ordered:
        data = kept[name].numpy().tobytes()
        shape = list(kept[name].shape)
        header[name] = {'dtype': DTYPES[kept[name].dtype], 'shape': shape, 'data_offsets': [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(parts))
