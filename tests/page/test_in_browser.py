"""The report page in Chromium: opened, clicked, typed into; it loads nothing and reports no error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import cnncalc
from tests.drawing.picture import Area, overlapping
from tests.page.chromium import Browser, Tab, browser
from tests.page.test_page import HOSTILE

pytestmark = pytest.mark.browser
TWO_INPUTS = """cnncalc: 1
inputs: {image: [1, 8, 8], mask: [1, 8, 8]}
layers:
  - {conv: 2, kernel: 3, padding: 1, from: image, name: a}
  - {conv: 2, kernel: 5, padding: 2, from: mask, name: b}
  - {add: [a, b], name: both}
"""
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
    assert sorted(tab.run(marked)) == ["stage2.0", "stage2.1"]
    tab.click(".part-figure .tools button")
    assert tab.run(count) == folded


PLACES = """(() => {
  const number = (rect, name) => Number(rect.getAttribute(name));
  const place = (group) => {
    const rects = [...group.children].filter((each) => each.tagName === 'rect' && number(each, 'height') > 8);
    const sides = (name) => rects.map((each) => number(each, name));
    const ends = (name, size) => rects.map((each) => number(each, name) + number(each, size));
    return [Math.min(...sides('x')), Math.min(...sides('y')), Math.max(...ends('x', 'width')),
      Math.max(...ends('y', 'height')), group.dataset.name];
  };
  const all = (selector) => [...document.querySelectorAll(`.figure ${selector}`)].map(place);
  const view = document.querySelector('.figure svg').getAttribute('viewBox').split(' ').map(Number);
  const wires = [...document.querySelectorAll('.figure .edge path')].map((path) => {
    const numbers = path.getAttribute('d').match(/-?[0-9.]+(e-?[0-9]+)?/g).map(Number);
    return [numbers.slice(0, 2), numbers.slice(-2)];
  });
  return { boxes: all('.box'), frames: all('.frame'), view, wires };
})()"""
"""The rectangles of a drawn figure, its view, and the ends of its wires."""


def is_held(point: tuple[float, ...], areas: list[Area], points: list[tuple[float, ...]]) -> bool:
    """Whether the end of a wire, or the beginning of its arrowhead, is at a side or at another wire's end."""
    x, y = point
    for area in areas:
        if area.left - 7 < x < area.right + 7 and area.top - 7 < y < area.bottom + 7:
            gaps = (x - area.left, x - area.right, y - area.top, y - area.bottom)
            if min(map(abs, gaps)) < 7:
                return True
    return sum(abs(x - other[0]) + abs(y - other[1]) < 0.5 for other in points) > 1


@pytest.mark.parametrize(
    ("spec", "blocks"),
    [
        ("resnet50", ["stage1", "stage3"]),
        ("googlenet", ["inc3a", "inc3b", "inc4c"]),
        ("retinanet_resnet50", ["c4", "m4", "head3", "head3.boxes"]),
        ("unet", ["dec1", "dec3"]),
        ("densenet121", ["denseblock2", "transition1"]),
    ],
)
def test_a_single_block_unfolds_and_nothing_overlaps(
    spec: str, blocks: list[str], tab: Tab, tmp_path: Path
) -> None:
    opened(tab, tmp_path, spec)
    before = tab.run(PLACES)
    for name in blocks:
        assert name in {each[4] for each in tab.run(PLACES)["boxes"]}
        tab.run(
            f"document.querySelector('.figure .box[data-name=\"{name}\"]')"
            ".dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))"
        )
        found = tab.run(PLACES)
        boxes = [Area(*each) for each in found["boxes"]]
        frames = [Area(*each) for each in found["frames"]]
        assert name not in {each.what for each in boxes}
        assert any(each.what.startswith(f"{name}.") for each in boxes)
        assert overlapping(boxes) == []
        assert [f for at, f in enumerate(frames) for g in frames[at + 1 :]
                if f.overlaps(g) and not f.holds(g) and not g.holds(f)] == []  # fmt: skip
        left, top, wide, high = found["view"]
        assert [
            e for e in (*boxes, *frames) if not Area(left, top, left + wide, top + high, "").holds(e)
        ] == []
        points = [tuple(point) for wire in found["wires"] for point in wire]
        assert [each for each in points if not is_held(each, [*boxes, *frames], points)] == []
    for name in reversed(blocks):
        tab.run(
            f"(() => {{ const item = [...document.querySelectorAll('.figure .box, .figure .frame')]"
            f".find((each) => each.dataset.name.startsWith('{name}')); item.focus(); }})()"
        )
        tab.press("-", 189)
    assert tab.run(PLACES) == before


def test_one_block_folds_where_a_level_is_open(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, "resnet50")
    tab.click(".part-figure .tools button:nth-of-type(2)")
    names = "[...document.querySelectorAll('.figure .box')].map((each) => each.dataset.name)"
    assert "stage2" not in tab.run(names)
    tab.click(".figure .frame[data-name='stage2.1']")
    assert texts(tab, ".part-figure .single") == ["Fold stage2"]
    tab.click(".part-figure .single")
    shown = tab.run(names)
    assert "stage2" in shown
    assert not [each for each in shown if each.startswith("stage2.")]
    assert {each.split(".")[0] for each in shown if "." in each} == {"stage1", "stage3", "stage4"}
    assert overlapping([Area(*each) for each in tab.run(PLACES)["boxes"]]) == []
    tab.click(".figure .box[data-name=stage2]")
    assert texts(tab, ".part-figure .single") == ["Unfold stage2"]
    tab.click(".part-figure .single")
    assert "stage2.0.add.residual.conv1" in tab.run(names)


def test_the_field_is_on_every_input(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, TWO_INPUTS)
    tab.click(".part-layers tbody tr:nth-child(3) th button")
    assert texts(tab, ".part-layer h3") == ["both"]
    assert texts(tab, ".on-input h5") == ["on image", "on mask"]
    fields = cnncalc.analyze(TWO_INPUTS).layer("both").fields
    assert (fields["image"].size, fields["mask"].size) == ((3, 3), (5, 5))
    says = texts(tab, ".on-input [role=status]")
    assert says == [
        "unit (3, 3) sees height 2 to 4, width 2 to 4",
        "unit (3, 3) sees height 1 to 5, width 1 to 5",
    ]
    tab.run("(() => { for (const input of document.querySelectorAll('.field input')) {"
            " input.value = '0'; input.dispatchEvent(new Event('input')); } })()")  # fmt: skip
    assert texts(tab, ".on-input [role=status]")[1] == (
        "unit (0, 0) sees height 0 to 2, width 0 to 2, clipped to the input"
    )


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
