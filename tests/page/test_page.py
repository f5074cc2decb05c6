"""The report page as text: its data are the report's numbers, and nothing in a spec becomes markup."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.homework.explain import explain
from cnncalc.page import analyzed, page_of
from cnncalc.page.document import ASSETS, SCRIPTS, document, embedded
from cnncalc.page.figures import compact
from cnncalc.page.network import NUMBERS, exact
from cnncalc.render.compare import MEASURES
from cnncalc.render.data import report_data
from cnncalc.spec.files import bundled_specs
from tests.conftest import bundled

HOSTILE = """
cnncalc: 1
name: "</script><img src=x onerror=alert(1)> & \\" '"
source: "<!-- <script>alert(2)</script>"
note: "]]><svg onload=alert(3)>"
input: [1, 8, 8]
layers:
  - {conv: 2, kernel: 3, name: "a.0/b", note: "</script><img src=x onerror=alert(4)>"}
  - flatten
  - {dense: 2}
expect: {params: 1}
"""


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag in ("script", "style", "title"):
            self.inside.append((self.lasttag, data))

    def texts(self, tag: str) -> list[str]:
        return [text for name, text in self.inside if name == tag and text.strip()]


def data_of(html: str) -> Any:
    return json.loads(Elements(html).texts("script")[0])


def test_text_of_a_spec_stays_text() -> None:
    html = cnncalc.report(HOSTILE).html
    elements = Elements(html)
    plain = Elements(cnncalc.report("lenet5").html)
    assert [tag for tag, _ in elements.tags] == [tag for tag, _ in plain.tags]
    [network] = data_of(html)["networks"]
    assert network["name"] == "</script><img src=x onerror=alert(1)> & \" '"
    assert network["layers"]["notes"] == {"a.0/b": "</script><img src=x onerror=alert(4)>"}
    figure = compact(network["figures"]["levels"][0]["svg"])
    assert "<img" not in figure
    assert "&lt;img src=x" in figure


def test_the_policy_allows_only_the_own_script_and_style() -> None:
    elements = Elements(cnncalc.report("lenet5").html)
    policy = next(found["content"] for tag, found in elements.tags if "http-equiv" in found)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for rule, text in (
        ("style-src", elements.texts("style")[0]),
        ("script-src", elements.texts("script")[1]),
    ):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == "'none'"


def test_nothing_is_loaded() -> None:
    html = cnncalc.report("lenet5").html
    links = {found.get("href") or found.get("src") for _, found in Elements(html).tags} - {None}
    assert links == {"data:,", "#main"}
    addresses = set(re.findall(r"https?://[^\s\"'\\|]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_every_script_is_part_of_the_page() -> None:
    assert sorted(path.stem for path in ASSETS.glob("*.js")) == sorted(SCRIPTS)


@pytest.mark.parametrize("path", bundled(bundled_specs()), ids=lambda path: path.stem)
def test_the_numbers_are_those_of_the_report(path: Path) -> None:
    report = cnncalc.analyze(path)
    wanted = report_data(report, report.layers, [])
    [network] = data_of(cnncalc.report(path).html)["networks"]
    layers = network["layers"]
    assert network["totals"] == exact(wanted)["totals"]
    rows = json.loads(json.dumps(exact(wanted)["layers"]))
    assert layers["name"] == [row["name"] for row in rows]
    for name in ("params", "macs", "flops", "neurons", "buffers"):
        assert layers[name] == [row[name] for row in rows]
    for name, part in (("output_bytes", "activations"), ("alive_bytes", "peak"), ("kept_bytes", "kept")):
        assert layers[name] == [row["memory"][part] for row in rows]
    assert layers["weights"] == [row["weight_shapes"] for row in rows]
    fields = [next(iter(layers["shared"][at].values())) for at in layers["fields"]]
    assert [field["size"] for field in fields] == [row["receptive_field"]["size"] for row in rows]
    assert [field["start"] for field in fields] == [row["receptive_field"]["start"] for row in rows]
    assert all(len(layers[name]) == len(rows) for name in (*NUMBERS, "kind", "line", "output", "options"))
    assert len(network["formulas"]["layers"]) == len(rows)


def test_the_working_of_a_layer() -> None:
    [network] = data_of(cnncalc.report("lenet5").html)["networks"]
    at = network["layers"]["name"].index("conv2")
    found = {
        each[0]: each
        for each in (network["formulas"]["derivations"][place] for place in network["formulas"]["layers"][at])
    }
    _, heading, lines, _ = found["macs"]
    title, formula, substituted, result, values = lines[0]
    assert (heading, title) == ("MACs (multiply-accumulates): 240,000", "")
    assert (substituted, result) == ("1,600·25·6/1", "240,000")
    text, _, symbols = network["formulas"]["formulas"][formula]
    assert text == "m·v·c/g"
    assert dict(zip((symbol for symbol, _ in symbols), values, strict=True)) == {
        "m": "1,600",
        "v": "25",
        "c": "6",
        "g": "1",
    }
    working = explain("lenet5", "conv2")["params"].lines[0].working
    assert found["params"][2][0][2] == working.substituted()


def test_a_page_of_a_large_network_is_small() -> None:
    assert len(cnncalc.report("resnet50").html.encode()) < 300_000


def test_several_networks_are_compared() -> None:
    names = ("lenet5", "alexnet", "resnet18")
    data = data_of(cnncalc.report(*names).html)
    assert [network["name"] for network in data["networks"]] == ["LeNet-5", "AlexNet", "ResNet-18"]
    measures = {each["name"]: each for each in data["comparison"]["measures"]}
    assert list(measures) == list(MEASURES)
    assert measures["params"]["values"] == [cnncalc.analyze(name).totals.params.total for name in names]
    assert "difference" not in data


def test_two_networks_get_their_difference() -> None:
    difference = data_of(cnncalc.report("vgg11", "vgg13").html)["difference"]
    assert [layer["cells"][1] for layer in difference["layers"] if layer["status"] == "added"] == [
        "conv1.1 … conv1.1.act",
        "conv2.1 … conv2.1.act",
    ] or {layer["status"] for layer in difference["layers"]} >= {"added"}
    totals = {row[0]: row[1:] for row in difference["totals"]}
    assert totals["parameters"][:3] == ["132,863,336", "133,047,848", "+184,512"]


def test_integers_that_javascript_would_round_are_text() -> None:
    assert exact({"a": 2**53 - 1, "b": [2**53, True], "c": {"d": -(2**60)}}) == {
        "a": 2**53 - 1,
        "b": ["9007199254740992", True],
        "c": {"d": "-1152921504606846976"},
    }


def test_data_cannot_end_their_element() -> None:
    data = {"a": "</script><!-- & \u2028\u2029"}
    written = embedded(data)
    assert json.loads(written) == data
    assert not set(written) & set("<>&\u2028\u2029")


def test_text_that_is_no_unicode_is_replaced() -> None:
    assert '"a?"' in document("a\udcff", {"a": "a\udcff"}).replace(" ", "")


def test_a_page_is_saved(tmp_path: Path) -> None:
    page = page_of([analyzed(cnncalc.load("lenet5"))])
    page.save(tmp_path / "net.html")
    assert (tmp_path / "net.html").read_text(encoding="utf-8") == page.html
    assert repr(page).startswith("<ReportPage LeNet-5: ")


def test_swapped_signs_are_swapped_back() -> None:
    text = '<a b="{c|}"> | \ue000 é'
    assert compact(compact(text)) == text
    assert not set(compact("<a b=''>")) & set("<>")


def test_blocks_that_are_alike_are_sent_once() -> None:
    figures = data_of(cnncalc.report("vgg16_bn").html)["networks"][0]["figures"]
    assert figures["blocks"] == {}
    figures = data_of(cnncalc.report("retinanet_resnet50").html)["networks"][0]["figures"]
    assert set(figures["blocks"]) >= {"c2", "c3", "c4", "c5", "m3", "m4", "head3", "head7", "head3.boxes"}
    towers = {figures["blocks"][f"{head}.boxes"] for head in ("head3", "head4")}
    assert len(figures["forms"]) <= len(figures["blocks"])
    assert len(towers) == 2  # their shares of the MACs differ
