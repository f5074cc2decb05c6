"""From a model to its spec: what `cnncalc import` and the library call."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import structs

from cnncalc.analysis import analyze as analyze_spec
from cnncalc.analysis.report import Report
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.interchange.network import ForeignError
from cnncalc.interchange.pytorch.targets import find_model, running_code, tensors_of, usual_input
from cnncalc.layers.base import Dims
from cnncalc.problems import Problem, Source, UnreadableError
from cnncalc.shapes import Layout
from cnncalc.spec import Settings, Spec, SpecLike, load_source
from cnncalc.spec.model_names import names_model
from cnncalc.spec.revisions import is_in_revision

if TYPE_CHECKING:
    from cnncalc.interchange.conversion import Conversion

InputShape = str | Sequence[int]
"""A shape without the batch: `"3x224x224"` or `(3, 224, 224)`."""

ModelInput = InputShape | Mapping[str, InputShape]
"""A shape, or one for each input by the name of its parameter in `forward`."""


def is_model_to_import(name: str) -> bool:
    """Whether a name that a command was given is a model, not a path in a revision of git: `main:net`."""
    return ":" in name and names_model(name) and not is_in_revision(name)


def model_text(
    target: str,
    *,
    call: str = "",
    input: Mapping[str, str] | None = None,
    flat: bool = False,
    custom: bool = False,
    apart: bool = False,
) -> tuple[Source, tuple[str, ...]]:
    """The text of the spec of `package.module:name`, verified against the model, and notes for its user.

    The options are those of `from_torch`.

    Raises:
        UnreadableError: there is no such model, or it cannot be a spec; one problem for each reason.
    """
    with _as_problems(target):
        model = find_model(target, call)
        shapes = shapes_of(input or {}, model.module)
        with running_code():
            found = module_spec(
                model.module, shapes, model.name, model.source, flat=flat, custom=custom, apart=apart
            )
            return Source(target, found.text), found.notes


def module_spec(
    module: object,
    inputs: Mapping[str, Dims],
    name: str,
    source: str = "",
    *,
    flat: bool = False,
    custom: bool = False,
    apart: bool = False,
) -> "Conversion":
    """The spec of a module; raises ForeignError."""
    from cnncalc.interchange.conversion import converted  # only models need these
    from cnncalc.interchange.pytorch import network_of

    network = network_of(module, inputs, name, source, custom=custom, apart=apart)
    return converted(structs.replace(network, tensors=tensors_of(module)), flat=flat)


def from_torch(
    module: object, input: ModelInput, *, flat: bool = False, custom: bool = False, apart: bool = False
) -> Spec:
    """The spec of a `torch.nn.Module`, verified against a run of the module.

    Its text is `from_torch(…).source.text`. What the module holds but never uses, at inference or in
    training, is left out; a warning and the spec's `note` name it with its number of parameters.

    Args:
        module: the module; it is left as it is.
        input: the input shape without the batch, such as `"3x224x224"` or `(3, 224, 224)`; with several
            inputs, a dict of their shapes by the names of the parameters of `forward`.
        flat: whether to write one line per layer instead of blocks.
        custom: whether what no kind of layer stands for becomes a `custom` layer with measured numbers.
        apart: whether what a module does before its convolution or pooling, the two convolutions of a
            separable one, and each addition of a sum are layers of their own.

    Raises:
        SpecError: the module does not run, or has something that no kind of layer stands for.
        TypeError: `module` or `input` has another type.
    """
    if isinstance(module, type):
        raise TypeError(f"expected a torch.nn.Module, found a class; create the module: {module.__name__}(…)")
    if not hasattr(module, "named_parameters") or not callable(module):
        raise TypeError(f"expected a torch.nn.Module, found {type(module).__name__}")
    shapes = {"": input} if isinstance(input, str) or not isinstance(input, Mapping) else {**input}
    name = type(module).__name__
    with _as_problems(name):
        inputs = {key or "input": dims_of(each) for key, each in shapes.items()}
        text = module_spec(module, inputs, name, flat=flat, custom=custom, apart=apart).text
    spec = load_source(Source(name, text))
    if spec.document.note:
        warnings.warn(f"{name}: {spec.document.note}", stacklevel=2)
    return spec


def analyze(
    spec: SpecLike | object,
    *,
    set: Settings | None = None,
    input: ModelInput | None = None,
    batch: int = 1,
    layout: Layout | None = None,
    data_type: DataType = "float32",
    optimizer: Optimizer = "sgd",
) -> Report:
    """Compute all numbers of a network, given as a spec or as a `torch.nn.Module`.

    Args:
        spec: a spec, anything that `load` takes, or a module, which runs on random numbers.
        set: values that override the spec's `vars`.
        input: the input shape of a module; for a spec, a shape that overrides its input, such as
            `"3x320x320"`; with several inputs, a dict of their names and shapes.
        batch: batch size; MACs and operations are for the whole batch.
        layout: the axis order of reported shapes; default: the spec's.
        data_type: the data type of stored values, for memory.
        optimizer: the optimizer whose state is part of the training memory.

    Raises:
        SpecError: the network cannot be built with `set` or `input`, or the module cannot be imported.
        TypeError: the spec, `set`, `input` or `batch` has another type, or a module has no `input`.
        ValueError: the batch is below 1, or the data type or optimizer is unknown.
    """
    if hasattr(spec, "named_parameters"):
        if input is None:
            raise TypeError("input: expected the input shape of the module, such as '3x224x224'")
        spec, input = from_torch(spec, input), None
    return analyze_spec(
        spec,  # type: ignore[arg-type]
        set=set,
        input=input,  # type: ignore[arg-type]
        batch=batch,
        layout=layout,
        data_type=data_type,
        optimizer=optimizer,
    )


def shapes_of(texts: Mapping[str, str], module: object) -> dict[str, Dims]:
    """The shapes of `--input`, or the one that the module itself names."""
    if texts:
        return {name or "input": dims_of(text) for name, text in texts.items()}
    usual = usual_input(module)
    if usual is None:
        raise ForeignError("the shape of the input is needed: --input 3x224x224")
    return {"input": usual}


MOST_SIZES = 4


def dims_of(given: InputShape) -> Dims:
    """The sizes of a shape; raises ForeignError for text, TypeError for others."""
    if isinstance(given, str):
        parts = re.split(r"[x×,\s]+", given.strip("[]() "))
        if not all(re.fullmatch(r"[1-9]\d{0,8}", part) for part in parts) or len(parts) > MOST_SIZES:
            raise ForeignError(f"--input: expected a shape such as 3x224x224, found '{given}'")
        return tuple(map(int, parts))
    sizes = tuple(given)
    if not sizes or not all(isinstance(size, int) and size > 0 for size in sizes):
        raise TypeError(f"input: expected a shape such as (3, 224, 224), found {given!r}")
    return sizes


SMALLER = "give a smaller --input"


@contextmanager
def _as_problems(name: str) -> Iterator[None]:
    """Turns a ForeignError, and a lack of memory, into a SpecError with a problem for each reason."""
    try:
        yield
    except ForeignError as error:
        problems = [Problem("import", reason, hint=error.hint) for reason in error.reasons]
        raise UnreadableError(problems, Source(name, "")) from error
    except RuntimeError as error:  # PyTorch's, which has no class of its own for it
        if "allocate memory" not in str(error):
            raise
        problem = Problem("import", "a run of the model needs more memory than there is", hint=SMALLER)
        raise UnreadableError([problem], Source(name, "")) from error
