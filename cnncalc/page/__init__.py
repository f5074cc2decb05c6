"""The report page: one HTML file that shows networks, works offline and runs nothing from elsewhere.

The page is a template, a style sheet and scripts in `assets/`, and the numbers as JSON. `network` makes the
JSON of one network, `comparison` that of several, and `document` puts the page together. The scripts build
every element with text nodes, so text from a spec is never markup.

To show something else: add it to `network_data`, and to a script in `assets/` that reads it.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.page.network import Analyzed
from cnncalc.spec import Settings, Spec, SpecLike, as_spec, rebuilt
from cnncalc.writing import write_text


class ReportPage(Struct, frozen=True):
    """A report page; `save` writes it to a file.

    `html` is the whole page. It needs no other file and no network.
    """

    title: str
    html: str

    def __repr__(self) -> str:
        return f"<ReportPage {self.title}: {len(self.html):,} characters>"

    def save(self, path: str | Path) -> None:
        """Writes the page to a file.

        Raises:
            OSError: the file cannot be written.
        """
        write_text(Path(path), [self.html])


def report(
    *specs: SpecLike,
    set: Settings | None = None,
    input: str | None = None,
) -> ReportPage:
    """A page about a network, or about several with their comparison.

    Args:
        specs: specs, or anything that `load` takes.
        set: values that override the specs' `vars`.
        input: an input shape that overrides the specs'.

    Raises:
        SpecError: a spec has errors, or cannot be built with `set` or `input`.
        ValueError: there is no spec.

    >>> report("lenet5").title
    'LeNet-5'
    """
    if not specs:
        raise ValueError("expected a spec")
    read = map(as_spec, specs)
    return page_of(analyzed(rebuilt(each, set, input) if set or input else each) for each in read)


def analyzed(spec: Spec) -> Analyzed:
    """A network with its numbers."""
    return Analyzed(spec, analyze(spec))


def page_of(networks: Iterable[Analyzed]) -> ReportPage:
    """The page about networks that were analyzed."""
    from cnncalc.page.comparison import page_data
    from cnncalc.page.document import document

    shown = tuple(networks)
    title = ", ".join(each.report.name for each in shown[:3]) + (" …" if len(shown) > 3 else "")
    return ReportPage(title, document(title, page_data(shown)))
