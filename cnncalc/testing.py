"""For tests of models: a spec and a PyTorch module must be the same network.

In a test:

```
from cnncalc.testing import assert_matches

def test_the_spec_is_that_of_the_model():
    assert_matches("net.yaml", Net())
```
"""

from cnncalc.analysis import analyze
from cnncalc.checks.against import has_declared, least_different, shapes_for
from cnncalc.interchange.models import from_torch
from cnncalc.problems import one_line
from cnncalc.spec import Spec, SpecLike, as_spec


def assert_matches(spec: SpecLike, module: object) -> None:
    """Asserts that a spec and a `torch.nn.Module` have the same layers, sizes, parameters and multiply-adds.

    The module runs on random numbers with the input shapes of the spec.

    Raises:
        AssertionError: they differ; the message has a line for each layer that does.
        SpecError: the spec is not valid, or the module cannot be imported.
    """
    expected = as_spec(spec)
    shapes = shapes_for(expected)

    def imported(apart: bool) -> Spec:
        return from_torch(module, shapes.get("", shapes), custom=has_declared(expected), apart=apart)

    problems = least_different(expected, analyze(expected), imported)
    if problems:
        lines = "\n".join(f"  {one_line(problem, expected.source)}" for problem in problems)
        raise AssertionError(f"{expected.name} differs from {type(module).__name__}:\n{lines}")
