"""Invalid array files: truncated, damaged, or with a wrong header."""

import io
import struct
import warnings
import zipfile

import numpy as np

from cnncalc.shapes import Shape

SMALL = Shape(1, (4, 4))
ZEROS = np.zeros((1, 4, 4), np.float32)
TINY = "cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - {conv: 2, kernel: 3, norm: batch}\n"


def npy(array: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, array, allow_pickle=True)
    return data.getvalue()


def header(text: str, version: tuple[int, int] = (1, 0), length: int | None = None) -> bytes:
    """The start of an .npy file with an arbitrary header."""
    data = text.encode()
    form = "<H" if version == (1, 0) else "<I"
    return b"\x93NUMPY" + bytes(version) + struct.pack(form, len(data) if length is None else length) + data


def says(dims: str, kind: str = "<f4") -> bytes:
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {dims}, }}\n")


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names
        for name, content in members.items():
            archive.writestr(name if name.endswith(".npy") else f"{name}.npy", content)
    return data.getvalue()


def damaged(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]
