// Several networks: a table, a bubble chart, and what tells two apart.

const CHARTED = ["macs", "params", "flops", "memory", "training", "depth", "receptive_field"];
const chosenAxes = { x: "macs", y: "memory", size: "params" };

function comparisonView(data, open) {
  const { measures, declared } = data.comparison;
  const names = measures[0].cells;
  const columns = measures.map((measure) => {
    if (measure.name === "name") return { title: measure.title, text: (at) => names[at], cell: (at) => button(names[at], () => open(at), { class: "link" }) };
    return { title: measure.title, text: (at) => measure.cells[at], value: (at) => measure.values[at] };
  });
  const table = sortedTable({ caption: "Networks", rows: names.map((_, at) => at), columns, filter: "Filter networks" });
  return [
    el("h1", {}, `Comparison of ${plural(names.length, "network")}`),
    bubblePart(measures, names, open),
    section("Networks", "part-networks", table.node, declared.map((text) => el("p", { class: "muted" }, text))),
  ];
}

function bubblePart(measures, names, open) {
  const by = new Map(measures.map((measure) => [measure.name, measure]));
  const words = CHARTED.map((name) => [name, by.get(name).title]);
  const holder = el("div", { class: "bubbles" });
  const draw = () => holder.replaceChildren(bubbles(by, names, open));
  const pick = (label, key) => choice(label, words, chosenAxes[key], (name) => { chosenAxes[key] = name; draw(); });
  draw();
  return section("Chart", "part-bubbles",
    el("div", { class: "tools" }, pick("across", "x"), pick("upwards", "y"), pick("area", "size")),
    holder,
    el("p", { class: "muted" }, "Both axes are logarithmic. A receptive field of the whole input is not drawn."));
}

const CHART = { width: 760, height: 420, left: 70, right: 24, top: 20, bottom: 44, radius: 34 };

function bubbles(by, names, open) {
  const value = (key, at) => Number(by.get(chosenAxes[key]).values[at]);
  const usable = (number) => number > 0 && number < 1e17;
  const drawn = names.map((_, at) => at).filter((at) => ["x", "y", "size"].every((key) => usable(value(key, at))));
  const { width, height, left, right, top, bottom, radius } = CHART;
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `${by.get(chosenAxes.y).title} by ${by.get(chosenAxes.x).title}` });
  if (!drawn.length) return el("p", { class: "muted" }, "No network has all three numbers.");
  const scale = (key, low, high) => {
    const logs = drawn.map((at) => Math.log10(value(key, at)));
    const least = Math.min(...logs);
    const most = Math.max(...logs);
    const pad = Math.max((most - least) * 0.12, 0.08);
    const place = (log) => low + ((log - least + pad) / (most - least + 2 * pad)) * (high - low);
    return { place: (number) => place(Math.log10(number)), from: least - pad, to: most + pad };
  };
  const x = scale("x", left, width - right);
  const y = scale("y", height - bottom, top);
  const largest = Math.max(...drawn.map((at) => value("size", at)));
  for (const number of ticks(x)) {
    svg.append(shape("line", { class: "grid", x1: x.place(number), x2: x.place(number), y1: top, y2: height - bottom }),
      shape("text", { class: "tick", x: x.place(number), y: height - bottom + 16, "text-anchor": "middle" }, tick(chosenAxes.x, number)));
  }
  for (const number of ticks(y)) {
    svg.append(shape("line", { class: "grid", x1: left, x2: width - right, y1: y.place(number), y2: y.place(number) }),
      shape("text", { class: "tick", x: left - 6, y: y.place(number) + 4, "text-anchor": "end" }, tick(chosenAxes.y, number)));
  }
  svg.append(shape("text", { class: "axis", x: width - right, y: height - 6, "text-anchor": "end" }, by.get(chosenAxes.x).title),
    shape("text", { class: "axis", x: left, y: 12 }, by.get(chosenAxes.y).title));
  const order = drawn.sort((a, b) => value("size", b) - value("size", a));
  const labels = [];
  for (const at of order) {
    const cx = x.place(value("x", at));
    const cy = y.place(value("y", at));
    const r = Math.max(Math.sqrt(value("size", at) / largest) * radius, 3);
    const says = `${names[at]}: ${Object.values(chosenAxes).map((name) => `${by.get(name).title} ${by.get(name).cells[at]}`).join(", ")}`;
    const group = shape("g", { class: "bubble", role: "button", tabindex: 0, "aria-label": says, click: () => open(at),
      keydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(at); } } },
    shape("title", {}, says), shape("circle", { cx, cy, r }));
    svg.append(group);
    labels.push({ text: names[at], cx, cy, r });
  }
  svg.append(...placed(labels));
  return svg;
}

// Labels in their bubbles or beside them, left out where they would cover other labels or bubbles.
function placed(labels) {
  const taken = [];
  const shown = [];
  const discs = labels.map(({ cx, cy, r }) => [cx - r * 0.8, cy - r * 0.8, cx + r * 0.8, cy + r * 0.8]);
  const apart = ([left, top, right, bottom], [x, y, end, below]) => end < left || x > right || below < top || y > bottom;
  labels.forEach(({ text, cx, cy, r }, at) => {
    const wide = text.length * 6.4;
    const spots = [[cx - wide / 2, cy + 4], [cx - wide / 2, cy - r - 4], [cx - wide / 2, cy + r + 12], [cx + r + 4, cy + 4], [cx - r - 4 - wide, cy + 4]];
    const spot = spots.find(([x, y], place) => {
      const area = [x, y - 10, x + wide, y + 2];
      const fits = place > 0 ? x > CHART.left && x + wide < CHART.width && y > CHART.top && y < CHART.height - CHART.bottom : wide < 1.7 * r;
      return fits && taken.every((each) => apart(each, area)) && discs.every((each, other) => other === at || apart(each, area));
    });
    if (!spot) return;
    taken.push([spot[0], spot[1] - 10, spot[0] + wide, spot[1] + 2]);
    shown.push(shape("text", { class: "name", x: spot[0], y: spot[1] }, text));
  });
  return shown;
}

// Powers of ten in a range, with 2 and 5 between them where there are few.
function ticks({ from, to }) {
  const found = [];
  for (const factors of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]]) {
    found.length = 0;
    for (let power = Math.floor(from); power <= to; power += 1) {
      for (const factor of factors) {
        const log = power + Math.log10(factor);
        if (log >= from && log <= to) found.push(Math.round(factor * 10 ** power * 10) / 10);
      }
    }
    if (found.length > 3) break;
  }
  return found;
}

function tick(name, number) {
  return name === "memory" || name === "training" ? bytes(Math.round(number)).replace(".0 ", " ") : short(Math.round(number)).replace(/\.0+ /, " ").replace(/(\.\d)0 /, "$1 ");
}

const DIFFERENCE_COLUMNS = ["", "layer", "what", "output", "parameters", "MACs", "activations", "receptive field"];
const MARK_WORDS = { added: "added", removed: "removed", changed: "changed", consequence: "follows" };

function differenceView(data) {
  const { before, after, totals, declared, layers, summary, same } = data.difference;
  const head = (cells) => el("thead", {}, el("tr", {}, cells.map((cell, at) => el("th", { scope: "col", class: at ? "number" : "" }, cell))));
  const row = ([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", { class: "number" }, cell)));
  const parts = [
    el("h1", {}, `${before} → ${after}`),
    el("p", {}, same ? "The same network." : summary),
    section("Totals", "part-totals", el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Totals" },
      el("table", { class: "data" }, el("caption", { class: "hidden" }, "Totals before and after"), head(["", "before", "after", "change", ""]), el("tbody", {}, totals.map(row)))),
      declared.map((text) => el("p", { class: "muted" }, text))),
  ];
  if (layers.length) {
    const columns = DIFFERENCE_COLUMNS.map((title, at) => ({
      title: title || "change",
      text: (each) => (at ? layers[each].cells[at] : MARK_WORDS[layers[each].status]),
      cell: at ? null : (each) => el("span", { class: `change ${layers[each].status}` }, `${layers[each].cells[0]} ${MARK_WORDS[layers[each].status]}`),
    }));
    const table = sortedTable({ caption: "Layers that differ", rows: layers.map((_, at) => at), columns, filter: "Filter changes" });
    parts.push(section("Layers", "part-difference", table.node));
  }
  return parts;
}
