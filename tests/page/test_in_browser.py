"""The report page in Chromium: opened, clicked, typed into; it loads nothing and reports no error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import cnncalc
from tests.page.chromium import Browser, Tab, browser
from tests.page.test_page import HOSTILE

pytestmark = pytest.mark.browser
TAB, ENTER, DOWN = ("Tab", 9), ("Enter", 13), ("ArrowDown", 40)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(params=[1280, pytest.param(375, marks=pytest.mark.slow)], ids=["desktop", "phone"])
def tab(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Tab]:
    """A page. In the end there was no error, no request but for files, and nothing wider than the window."""
    found = chromium.tab()
    found.resize(request.param)
    yield found
    assert found.errors == []
    assert {address.partition(":")[0] for address in found.requests} <= {"file", "data"}
    assert found.run("document.documentElement.scrollWidth") <= request.param


def opened(tab: Tab, folder: Path, *specs: str) -> None:
    path = folder / "report.html"
    cnncalc.report(*specs).save(path)
    tab.open(path.as_uri())


def texts(tab: Tab, selector: str) -> list[str]:
    found: list[str] = tab.run(
        f"[...document.querySelectorAll({selector!r})].map((each) => each.textContent)"
    )
    return found


def test_the_numbers_are_those_of_show(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "googlenet")
    report = cnncalc.analyze("googlenet")
    totals = report.totals
    for quantity, number in (("params", totals.params.total), ("macs", totals.macs), ("flops", totals.flops)):
        assert texts(tab, f"[data-quantity={quantity}]") == [f"{number:,}"]
    cells = texts(tab, ".part-layers tbody tr > *")
    rows = [cells[at : at + 8] for at in range(0, len(cells), 8)]
    assert [(row[0], row[1].strip(), *row[2:7]) for row in rows] == [
        (
            row.name,
            row.kind,
            row.output.text(report.layout),
            f"{row.params.total:,}",
            f"{row.macs:,}",
            f"{row.activation:,}",
            f"{row.alive:,}",
        )
        for row in report.layers
    ]
    foot = texts(tab, ".part-layers tfoot td")
    assert foot[2:4] == [f"{totals.params.total:,}", f"{totals.macs:,}"]


def test_the_table_sorts_and_filters(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "resnet18")
    report = cnncalc.analyze("resnet18")
    tab.click(".part-layers th:nth-child(4) button")
    first = max(report.layers, key=lambda row: row.params.total).name
    assert texts(tab, ".part-layers tbody th")[0] == first
    assert tab.run("document.querySelector('.part-layers th:nth-child(4)').ariaSort") == "descending"
    tab.click(".part-layers th:nth-child(4) button")
    assert texts(tab, ".part-layers tbody th")[0] != first
    assert texts(tab, ".part-layers tbody tr:last-child td:nth-child(4)") == ["2,359,296"]
    tab.click(".part-layers input[type=search]")
    tab.type("maxpool")
    assert texts(tab, ".part-layers tbody th") == ["pool1"]
    assert texts(tab, ".part-layers .tools [role=status]") == [f"1 of {len(report.layers)}"]


def test_a_layer_shows_its_options_weights_and_working(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "alexnet")
    tab.click(".figure [data-name=conv2]")
    assert texts(tab, ".part-layer h3") == ["conv2"]
    shown = texts(tab, ".part-layer")[0]
    assert "weight256×96×5×5" in shown
    assert "kernel5" in shown
    assert "MACs (multiply-accumulates): 447,897,600" in shown
    assert "m·v·c/g = 186,624·25·96/1 = 447,897,600" in shown
    assert "unit (13, 13)" in shown
    assert "chosen" in tab.run("document.querySelector('.figure [data-name=conv2]').getAttribute('class')")


def test_the_field_follows_the_sliders(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "lenet5")
    tab.click(".part-layers tbody tr:nth-child(4) th button")
    assert texts(tab, ".part-layer h3") == ["conv2"]
    tab.run("(() => { for (const input of document.querySelectorAll('.field input')) {"
            " input.value = '3'; input.dispatchEvent(new Event('input')); } })()")  # fmt: skip
    box = cnncalc.load("lenet5")
    field = cnncalc.analyze(box).layer("conv2").field
    assert (field.size, field.jump) == ((14, 14), (2, 2))
    assert "sees height 6 to 19, width 6 to 19" in texts(tab, ".part-layer .field")[0]
    tab.run("(() => { const input = document.querySelector('.part-layer .slider input');"
            " input.value = '0'; input.dispatchEvent(new Event('input')); })()")  # fmt: skip
    assert texts(tab, ".part-layer h3") == ["conv1"]


def test_blocks_fold_and_unfold(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "resnet50")
    count = "document.querySelectorAll('.figure .box').length"
    folded = tab.run(count)
    tab.click(".figure [data-name=stage2]")
    assert texts(tab, ".part-layer h3") == ["stage2"]
    assert "1,219,584" in texts(tab, ".part-layer .facts")[0]
    tab.click(".part-layer .tools:not(:first-child) button, .layer .tools button")
    assert tab.run(count) > folded
    marked = "[...document.querySelectorAll('.figure .chosen')].map((each) => each.getAttribute('data-name'))"
    assert tab.run(marked) == ["stage2.1", "stage2.0"]
    tab.click(".part-figure .tools button")
    assert tab.run(count) == folded


def test_the_keyboard_reaches_everything(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "lenet5")
    tab.press(*TAB)
    assert tab.run("document.activeElement.className") == "skip"
    for _ in range(4):
        tab.press(*TAB)
        if tab.run("document.activeElement.getAttribute('data-name')") == "input":
            break
    tab.press(*DOWN)
    assert tab.run("document.activeElement.getAttribute('data-name')") == "conv1"
    tab.press(*ENTER)
    assert texts(tab, ".part-layer h3") == ["conv1"]
    unnamed = tab.run(
        "[...document.querySelectorAll('button, input, select, [role=button], [role=img], [role=region]')]"
        ".filter((each) => !(each.textContent.trim() || each.ariaLabel || each.closest('label'))).length"
    )
    assert unnamed == 0


def test_networks_are_compared(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "lenet5", "alexnet", "resnet18")
    assert texts(tab, "h1") == ["Comparison of 3 networks"]
    assert len(texts(tab, ".bubble title")) == 3
    tab.run("(() => { const area = document.querySelectorAll('.part-bubbles select')[2];"
            " area.value = 'depth'; area.dispatchEvent(new Event('change')); })()")  # fmt: skip
    assert "depth 18" in " ".join(texts(tab, ".bubble title"))
    tab.click(".part-networks tbody tr:nth-child(2) button")
    assert texts(tab, "h1") == ["AlexNet"]


def test_two_networks_show_their_difference(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "vgg11", "vgg13")
    tab.click("nav button:nth-of-type(2)")
    assert texts(tab, "h1") == ["VGG-11 → VGG-13"]
    assert "+184,512" in texts(tab, ".part-totals")[0]
    assert "+ added" in texts(tab, ".part-difference .change")


def test_hostile_text_is_shown_as_text(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, HOSTILE)
    assert texts(tab, "h1") == ["</script><img src=x onerror=alert(1)> & \" '"]
    assert tab.run("document.querySelectorAll('img, b').length") == 0


def test_dark_mode_and_print(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "lenet5")
    colour = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    tab.emulate(prefers_color_scheme="dark")
    assert tab.run(colour) == "rgb(20, 24, 29)"
    tab.emulate("print", prefers_color_scheme="dark")
    assert tab.run(colour) == "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert tab.pdf().startswith(b"%PDF")
    tab.emulate("screen", prefers_color_scheme="light")  # a printed page may be wider than a phone
