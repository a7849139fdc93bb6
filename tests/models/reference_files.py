"""What the reference scripts hand to the tests: a state dict, pictures, and the logits they must give."""
import json
import os
import struct

import numpy as np


def write_state_dict(path, tensors):
    """Writes {name: array} as a safetensors file: header length, JSON header, bytes in the same order."""
    names = {np.dtype("float32"): "F32", np.dtype("int64"): "I64"}
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def write_reference(folder, architecture, tensors, pictures, logits):
    # Logits that hardly depend on the picture would hide mistakes in all layers but the last.
    spread = np.abs(logits[0] - logits[1]).max() / np.abs(logits).max()
    assert spread > 0.01, f"{architecture}: the pictures' logits differ by only {spread:.1e} of the largest"
    stem = os.path.join(folder, architecture)
    write_state_dict(stem + ".safetensors", tensors)
    np.save(stem + "_pictures.npy", pictures.astype(np.float32))
    np.save(stem + "_logits.npy", logits.astype(np.float32))
