"""Records a run of a PyTorch module: every function that is called with a tensor of the network.

The module runs on random numbers. Loops, conditions and sizes are what they are in this run, so all Python
code can be recorded. Each call keeps the modules that it is inside of, the shape of its result and the
multiply-adds that PyTorch counts in it, which are compared with the analysis of the spec.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass
from importlib import import_module
from math import prod
from typing import Any

from cnncalc.interchange.network import ForeignError, ModuleCall
from cnncalc.interchange.pytorch.counting import is_counted, macs_of
from cnncalc.interchange.pytorch.traces import (
    BATCH,
    OtherTensor,
    Recording,
    TracedCall,
    TracedValue,
    Weight,
    is_map,
)
from cnncalc.layers.base import Dims


class WholeNumbersError(ForeignError):
    """An input has to be whole numbers below `below`; with `is_direct`, a layer looks up all of it."""

    def __init__(self, name: str, below: int, is_direct: bool) -> None:
        super().__init__(f"the input {name} has to be whole numbers from 0 to {below - 1:,}")
        self.name, self.below, self.is_direct = name, below, is_direct


DECIDING = {"__bool__", "item", "tolist", "__int__", "__float__", "__index__"}
"""Functions whose result is a Python value that depends on the numbers."""


def record(
    module: Any, inputs: Mapping[str, Dims], *, training: bool = False, batch: int = BATCH
) -> Recording:
    """Run a module once on random inputs: on whole numbers where it looks up vectors for them.

    Raises:
        ForeignError: the module does not run on them, or has tensors that cannot be followed.
    """
    shapes, below = dict(inputs), dict[str, int]()
    while True:
        try:
            return _recorded(module, shapes, below, training=training, batch=batch)
        except WholeNumbersError as error:
            if below.get(error.name, error.below + 1) <= error.below:  # the module itself makes them larger
                raise
            below[error.name] = error.below
            if error.is_direct and is_map(shapes[error.name]):
                shapes[error.name] = shapes[error.name][1:]


def _recorded(
    module: Any, inputs: Mapping[str, Dims], below: Mapping[str, int], *, training: bool, batch: int
) -> Recording:
    torch = import_module("torch")
    recorder = _Recorder(torch, module, batch)
    options = _options_of_numbers(module)
    tensors = {}
    for name, dims in inputs.items():
        if name in below:
            tensors[name] = torch.randint(0, below[name], (batch, *dims), device=options.get("device"))
        else:
            tensors[name] = torch.randn(batch, *dims, **options)
    values = {name: recorder.track(tensor) for name, tensor in tensors.items()}
    recorder.entries = {id(value): name for name, value in values.items()}
    recorder.numbers = frozenset(below)
    with recorder.running(training):
        drawn = _random_state(torch)
        result = _run(module, tensors)
        may_vary = recorder.asked_sizes or drawn != _random_state(torch)
    if recorder.outside:
        raise ForeignError(
            f"{recorder.outside:,} multiply-adds of the run do not depend on the network's input, "
            f"first {recorder.first_outside}{recorder.cut}"
        )
    outputs, calls = recorder.outputs(result), tuple(recorder.calls)
    return Recording(
        values,
        outputs,
        calls,
        recorder.weights,
        batch,
        training,
        may_vary,
        recorder.numbers,
        frozenset(recorder.used),
    )


def refuse_scripts(module: Any) -> None:
    """Raises ForeignError for modules of TorchScript, which are no code of Python that can be followed."""
    script = import_module("torch").jit.ScriptModule
    found = [path for path, each in module.named_modules() if isinstance(each, script)]
    if found:
        raise ForeignError(
            f"{found[0] or 'the model'} is a TorchScript module, whose calls cannot be followed",
            hint="import the module that was given to torch.jit.script or torch.jit.trace",
        )


def _options_of_numbers(module: Any) -> dict[str, Any]:
    """The data type and device of the parameters, for the inputs."""
    first = next((each for each in module.parameters() if each.is_floating_point()), None)
    if first is None:
        return {}
    if first.is_meta:
        raise ForeignError(
            "the module is on the device meta, where tensors have no values: create it on the CPU"
        )
    return {"dtype": first.dtype, "device": first.device}


def _run(module: Any, tensors: Mapping[str, Any]) -> object:
    try:
        if len(tensors) == 1:
            return module(*tensors.values())
        return module(**tensors)
    except (ForeignError, KeyboardInterrupt):
        raise
    except BaseException as error:  # code of the user may raise anything
        shapes = ", ".join("×".join(map(str, tensor.shape[1:])) for tensor in tensors.values())
        said = str(error).strip().splitlines() or [""]
        message = f"the module does not run on an input of {shapes}: {type(error).__name__}: {said[0]}"
        raise ForeignError(message) from error


def _random_state(torch: Any) -> tuple[object, bytes]:
    """The states of the generators that random numbers are usually drawn from."""
    return random.getstate(), torch.random.get_rng_state().numpy().tobytes()


class _Recorder:
    """Collects the calls of a run."""

    def __init__(self, torch: Any, module: Any, batch: int) -> None:
        weak = import_module("torch.utils.weak")
        self.torch = torch
        self.module = module
        self.batch = batch
        self.asked_sizes = False
        self.calls: list[TracedCall] = []
        self.values: Any = weak.WeakIdKeyDictionary()
        self.entries: dict[int, str] = {}
        self.numbers: frozenset[str] = frozenset()
        self.stale: Any = weak.WeakIdKeyDictionary()
        self.derived: Any = weak.WeakIdKeyDictionary()
        self.scopes: list[ModuleCall] = []
        self.paths = {id(each): path for path, each in module.named_modules()}
        self.count = 0
        self.macs = 0
        self.outside = 0
        self.first_outside = ""
        self.cut = ""
        self.weights: dict[str, Weight] = {}
        self.used: set[str] = set()
        self._find_weights()

    def _find_weights(self) -> None:
        for learned, named in ((True, self.module.named_parameters()), (False, self.module.named_buffers())):
            for name, tensor in named:
                if type(tensor).__name__.startswith("Uninitialized"):
                    raise ForeignError(f"{name} has no shape yet: run the module once before")
                dims = tuple(tensor.shape)
                frozen = learned and not tensor.requires_grad
                weight = Weight((name,), dims, dims, learned, frozen, values=tensor)
                self.weights[name] = weight
                self.derived[tensor] = weight

    def track(self, tensor: Any) -> TracedValue:
        value = TracedValue(tuple(tensor.shape))
        self.values[tensor] = value
        return value

    @contextmanager
    def running(self, training: bool) -> Iterator[None]:
        """Follows what runs inside, and leaves the module as it was."""
        torch = self.torch
        hooks = import_module("torch.nn.modules.module")
        function_mode = import_module("torch.overrides").TorchFunctionMode
        dispatch_mode = import_module("torch.utils._python_dispatch").TorchDispatchMode
        recorder = self

        def called(mode: object, function: Any, types: object, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.call(function, args, kwargs or {})

        def dispatched(mode: Any, function: Any, types: object, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.count_macs(mode, function, args, kwargs or {})

        follow = type("Follow", (function_mode,), {"__torch_function__": called})
        count = type("Count", (dispatch_mode,), {"__torch_dispatch__": dispatched})
        before = {each: each.training for each in self.module.modules()}
        kept = {name: tensor.clone() for name, tensor in self.module.named_buffers()}
        state = torch.random.get_rng_state()
        with ExitStack() as stack:
            stack.callback(_restore, torch, self.module, before, kept, state)
            _set_mode(self.module, training)
            stack.enter_context(torch.no_grad())
            stack.callback(hooks.register_module_forward_pre_hook(self._enter).remove)
            stack.callback(hooks.register_module_forward_hook(self._leave).remove)
            stack.enter_context(count())
            stack.enter_context(follow())
            yield

    def _enter(self, module: Any, args: object) -> None:
        self.count += 1
        path = self.paths.get(id(module), "")
        self.scopes.append(ModuleCall(self.count, path, type(module).__name__))

    def _leave(self, module: Any, args: object, output: object) -> None:
        self.scopes.pop()

    def count_macs(self, mode: Any, function: Any, args: Any, kwargs: Any) -> Any:
        packet = function._overloadpacket
        if not is_counted(packet):
            with mode:  # in inference mode, these are operators of several others
                result = function.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = function(*args, **kwargs)
        if is_counted(packet):
            self.macs += macs_of(packet, args, kwargs, result)
        return result

    def call(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Runs a function, and records it if it reads a tensor of the network."""
        given = [*_tensors((args, kwargs), self.torch)]
        read = [each for each in given if each in self.values]
        weights = [each for each in given if each in self.derived]
        name = _name(function)
        if not read and not weights:
            before = self.macs
            result = function(*args, **kwargs)
            self._leave_outside(self.macs - before, name)
            return result
        self._notice(function, name, read, (args, *kwargs.values()))
        if read and name in DECIDING:
            raise ForeignError(f"{self._where()}: what runs depends on the values of a tensor ({name})")
        for tensor in read:
            if tensor in self.stale:
                raise ForeignError(f"{self._where()}: {name} reads a view that was changed in place")
        if name == "embedding" and len(read) == len(weights) == 1:
            self._need_numbers(read[0], weights[0].shape[0])
        plain, options = self._plain(args), {key: self._plain(each) for key, each in kwargs.items()}
        before = self.macs
        versions = [_version(tensor) for tensor in read]
        result = function(*args, **kwargs)
        macs = self.macs - before
        made = [*_tensors(args[0] if _assigns(name, args, self.torch) else result, self.torch)]
        self._use(weights, name, made)
        if not read:
            self._leave_outside(macs, name)
            call = TracedCall(name, plain, options, (), tuple(self.scopes), 0)
            self._derive(made, [self.derived[each] for each in weights], call)
        elif made and name not in MAKES_OTHERS:
            changed = [
                each
                for each, was in zip(read, versions, strict=True)
                if _version(each) != was or (was is None and any(each is tensor for tensor in made))
            ]
            self._mark_stale(made, changed)
            outputs = tuple(self.track(each) for each in made)
            scopes = tuple(self.scopes)
            self.calls.append(
                TracedCall(name, plain, options, outputs, scopes, macs // self.batch, macs % self.batch == 0)
            )
        return result

    def _notice(self, function: Any, name: str, read: Sequence[Any], given: Sequence[Any]) -> None:
        """Remembers that code asks for the size of the batch, or takes numbers out of PyTorch."""
        if read and (name in ASKS_SIZES or function == self.torch.Tensor.shape.__get__):
            self.asked_sizes = True
        if name in RESHAPES and self.batch in _numbers(given):
            self.asked_sizes = True  # the code may have it as a number
        if read and name in CUTS and not self.cut:
            self.cut = f"; {name}() in {self._where()} leaves PyTorch, so what follows cannot be recorded"

    def _use(self, weights: Sequence[Any], name: str, made: Sequence[Any]) -> None:
        """Remembers which parameters a call reads, unless it only asks for their shape, type or device."""
        if made or name not in ASKS:
            self.used |= {name for each in weights for name in self.derived[each].names}

    def _need_numbers(self, indices: Any, below: int) -> None:
        """Raises WholeNumbersError if what is looked up is an input that may not be in the table."""
        made = {id(output): call for call in self.calls for output in call.outputs}
        value = self.values[indices]
        is_direct = id(value) in self.entries
        while id(value) in made:
            value = next((each for each in made[id(value)].args if isinstance(each, TracedValue)), None)
        name = self.entries.get(id(value), "")
        is_inside = not ((indices < 0) | (indices >= below)).any()
        if name and not (name in self.numbers and is_inside):
            raise WholeNumbersError(name, below, is_direct)

    def _leave_outside(self, macs: int, name: str) -> None:
        """Counts multiply-adds of a call that reads no tensor of the network."""
        if macs and not self.outside:
            self.first_outside = f"{name} in {self._where()}"
        self.outside += macs

    def _where(self) -> str:
        scope = next((scope for scope in reversed(self.scopes) if scope.path), None)
        return f"{scope.path} ({scope.type})" if scope else type(self.module).__name__

    def _derive(self, made: Sequence[Any], weights: Sequence[Weight], call: TracedCall) -> None:
        """Follows tensors that are made of parameters only."""
        name = call.name
        names = tuple(dict.fromkeys(name for weight in weights for name in weight.names))
        first = weights[0]
        for tensor in made:
            dims = tuple(tensor.shape)
            is_kept = name in KEEPS and tensor.numel() == prod(first.dims)
            is_repeated = name in REPEATS and _is_batch(dims, first, self.batch)
            self.derived[tensor] = Weight(
                names,
                dims,
                first.stored,
                any(weight.learned for weight in weights),
                all(weight.frozen or not weight.learned for weight in weights),
                first.as_stored and len(names) == 1 and (is_kept or is_repeated),
                tensor,
                tuple(self.weights[name] for name in names),
                call,
            )

    def _mark_stale(self, made: Sequence[Any], changed: Sequence[Any]) -> None:
        """After a change in place, other views of the same memory have values that were not followed."""
        for tensor in changed:
            where = tensor.untyped_storage().data_ptr()
            for other in [*self.values]:
                is_result = any(other is each for each in made)
                if not is_result and other.untyped_storage().data_ptr() == where:
                    self.stale[other] = True

    def _plain(self, given: Any) -> Any:
        """Arguments with values and weights in the place of tensors."""
        if isinstance(given, self.torch.Tensor):
            if given in self.values:
                return self.values[given]
            return self.derived.get(given) or OtherTensor(tuple(given.shape), given)
        if isinstance(given, tuple | list):
            return tuple(self._plain(each) for each in given)
        return given

    def outputs(self, result: object) -> dict[str, TracedValue]:
        """The tensors that the module returned, by name."""
        found: dict[str, TracedValue] = {}
        for name, tensor in _named(result, self.torch):
            if tensor in self.values:
                if tensor in self.stale:
                    raise ForeignError(f"the output {name} is a view that was changed in place")
                found[name or "output"] = self.values[tensor]
        if not found:
            raise ForeignError(f"the module returns no tensor that depends on its input{self.cut}")
        return found


ASKS_SIZES = {"size", "__len__", "numel", "nelement", "stride"}
"""Functions that tell the sizes of a tensor, as its attribute `shape` does."""

CUTS = {"numpy", "__array__", "__dlpack__"}
"""Functions that give the values of a tensor to other libraries."""

ASKS = {*ASKS_SIZES, "__get__"}
"""Functions that may tell something about a tensor without its values."""

RESHAPES = {"view", "reshape", "unflatten", "expand", "repeat", "tile", "broadcast_to"}
"""Functions that may be given the number of samples."""

MAKES_OTHERS = {
    "__get__", "size", "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor",
    "zeros_like", "ones_like", "full_like", "empty_like",
}  # fmt: skip
"""Functions that read only the sizes and the type of a tensor."""

KEEPS = {
    "view", "reshape", "flatten", "unsqueeze", "squeeze", "contiguous", "to", "type", "float", "expand",
    "type_as", "detach", "clone", "__getitem__", "view_as", "reshape_as",
}  # fmt: skip
"""Functions that keep the values of a tensor and their order."""


REPEATS = {"expand", "expand_as", "repeat", "tile"}
"""Functions that repeat a tensor, such as a class token for each sample."""


def _is_batch(dims: Dims, weight: Weight, batch: int) -> bool:
    """Whether a repeated tensor has its values once for each sample."""
    once = weight.dims[1:] if len(weight.dims) == len(dims) and weight.dims[0] == 1 else weight.dims
    return dims == (batch, *once)


def _assigns(name: str, args: Sequence[Any], torch: Any) -> bool:
    """Whether a function changes its first argument and returns nothing: `x[:, :4] = y` and `x.data = y`."""
    return name == "__setitem__" or (name == "__set__" and isinstance(args[1], torch.Tensor))


def _version(tensor: Any) -> int | None:
    """How often a tensor was changed in place; None in inference mode, where PyTorch does not count it."""
    return None if tensor.is_inference() else int(tensor._version)


def _set_mode(module: Any, training: bool) -> None:
    try:
        module.train(training)
    except NotImplementedError as error:  # programs of torch.export have one mode
        raise ForeignError(f"the module cannot be set to evaluation: {error}") from error


def _restore(
    torch: Any, module: Any, training: Mapping[Any, bool], kept: Mapping[str, Any], rng: Any
) -> None:
    torch.random.set_rng_state(rng)
    for each, mode in training.items():
        each.training = mode
    with torch.no_grad():
        for name, tensor in module.named_buffers():
            if name in kept:
                tensor.copy_(kept[name])


def _numbers(given: Any) -> Iterator[int]:
    """All whole numbers in nested arguments."""
    if isinstance(given, int):
        yield given
    elif isinstance(given, tuple | list):
        for each in given:
            yield from _numbers(each)


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _tensors(given: Any, torch: Any) -> Iterator[Any]:
    """All tensors in nested arguments."""
    if isinstance(given, torch.Tensor):
        yield given
    elif isinstance(given, Mapping):
        for each in given.values():
            yield from _tensors(each, torch)
    elif isinstance(given, tuple | list):
        for each in given:
            yield from _tensors(each, torch)


def _named(given: Any, torch: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All tensors of a result with names: keys, fields or numbers."""
    if isinstance(given, torch.Tensor):
        yield name, given
        return
    entries: list[tuple[object, Any]] = []
    if isinstance(given, Mapping):
        entries = [*given.items()]
    elif isinstance(given, tuple) and hasattr(given, "_fields"):
        entries = [*zip(given._fields, given, strict=True)]
    elif isinstance(given, tuple | list):
        entries = [*enumerate(given, 1)]
    elif is_dataclass(given):
        entries = [(field.name, getattr(given, field.name)) for field in fields(given)]
    for key, each in entries:
        inner = str(key) if not name else f"{name}_{key}"
        yield from _named(each, torch, f"output{inner}" if inner[:1].isdigit() else inner)
