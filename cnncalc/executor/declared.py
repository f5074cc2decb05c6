"""Refuses networks with layers whose numbers the spec declares: nothing says what values they compute."""

from cnncalc.problems import Problem, SpecError
from cnncalc.spec import Spec, SpecLike, as_spec


def runnable(spec: SpecLike) -> Spec:
    """A spec as `as_spec` gives it, of which every layer can be run.

    Raises:
        SpecError: the spec cannot be read, or declares what it cannot compute: a `custom` layer.
    """
    spec = as_spec(spec)
    problems = [
        Problem(
            "declared-layer",
            f"'{node.name}' cannot be run or verified: the spec declares its numbers, not what it computes",
            node.place,
            "replace it by the layers that it stands for; `cnncalc show` reports the declared numbers",
            layer=node.name,
        )
        for node in spec.graph.layers
        if node.layer.is_declared
    ]
    if problems:
        raise SpecError(problems, spec.source)
    return spec
