"""Names of a spec as names in Python: identifiers that are no keywords, and differ from each other."""

import keyword
import re
from collections.abc import Collection, Sequence

OF_MODULES = frozenset(
    [
        "add_module",
        "append",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "clear",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extend",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "insert",
        "ipu",
        "items",
        "keys",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "pop",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "T_destination",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "update",
        "values",
        "xpu",
        "zero_grad",
    ]
)
"""Attributes of nn.Module and its containers, which layers must not replace."""

IN_SOURCE = frozenset(
    ("self", "torch", "nn", "functional", "cropped", "sum", "super", "float", "range", "min", "results")
)
"""Names that the source uses for something else."""

MODULE_LIST = "nn.ModuleList"
MODULE_DICT = "nn.ModuleDict"

LONGEST = 60
LONGEST_CLASS = 40


def variable(name: str) -> str:
    """A name as a variable.

    >>> variable("conv1"), variable("3x3"), variable("class"), variable("to")
    ('conv1', 'layer_3x3', 'class_', 'to')
    """
    plain = re.sub(r"[^0-9A-Za-z_]+", "_", name)[:LONGEST].strip("_") or "layer"
    plain = f"layer_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def attribute(name: str) -> str:
    """A name as an attribute of a module.

    >>> attribute("conv1"), attribute("3x3"), attribute("class"), attribute("to")
    ('conv1', 'layer_3x3', 'class_', 'to_')
    """
    plain = variable(name)
    return f"{plain}_" if plain in OF_MODULES else plain


def key(name: str) -> str:
    """A name as a key of a container of modules, which may be any text without dots.

    >>> key("3x3"), key("a.b"), key("pop"), key("_modules")
    ('3x3', 'a_b', 'pop_', 'modules_')
    """
    plain = "".join(sign if sign.isprintable() and sign not in ".\\\"'" else "_" for sign in name)[:LONGEST]
    plain = plain.lstrip("_")  # names of the module's own begin with it
    return f"{plain}_" if plain in OF_MODULES or not plain or keyword.iskeyword(plain) else plain


def title(words: str) -> str:
    """Words as the name of a class.

    >>> title("dense_layer"), title("ResNet-18"), title("3-D U-Net")
    ('DenseLayer', 'ResNet18', 'Net3DUNet')
    """
    parts = re.findall(r"[0-9A-Za-z]+", words)[:12]
    plain = "".join(part[0].upper() + part[1:] for part in parts)[:LONGEST_CLASS]
    plain = f"Net{plain}" if not plain or plain[0].isdigit() else plain
    return f"{plain}Net" if keyword.iskeyword(plain) else plain


def unique(name: str, taken: Collection[str], sign: str = "_") -> str:
    """A name that is not taken yet: with `_2`, `_3` … at its end."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{sign}{number}"
    return found


def is_numbered(names: Sequence[str]) -> bool:
    """Whether names are those of a repeat: 0, 1, 2 …"""
    return [*names] == [str(at) for at in range(len(names))]
