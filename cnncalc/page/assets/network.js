// The view of one network.

const states = new Map();

// What is selected in a network; parts of the page watch it. It stays when the network changes.
function stateOf(network) {
  const before = states.get(network.name);
  const { layers } = network;
  const known = new Set([...layers.name, ...Object.keys(network.groups), ...network.inputs.map((each) => each.layer)]);
  const start = before && known.has(before.selected) ? before.selected : heaviest(network);
  const watchers = [];
  const state = {
    selected: start,
    level: before ? before.level : 0,
    opened: before ? before.opened : [],
    watch: (watcher) => watchers.push(watcher),
    select(name) {
      state.selected = name;
      watchers.forEach((watcher) => watcher());
    },
    at() {
      const at = layers.name.indexOf(state.selected);
      return at >= 0 ? at : layers.name.findIndex((name) => isInside(name, state.selected));
    },
  };
  states.set(network.name, state);
  return state;
}

// The layer with the most MACs, or the first one.
function heaviest({ layers }) {
  const macs = layers.macs.map(Number);
  return layers.name[macs.indexOf(Math.max(...macs))];
}

function networkView(network) {
  const state = stateOf(network);
  return [
    overview(network),
    el("div", { class: "columns" }, figurePart(network, state), layerPart(network, state)),
    profilePart(network, state),
    layersPart(network, state),
    checksPart(network, state),
  ];
}

function overview(network) {
  const { totals } = network;
  const ends = (list) => list.map((each) => (list.length > 1 ? `${each.name} ${each.shape}` : each.shape)).join(", ");
  const tile = (name, value, more, quantity) =>
    el("div", { class: "tile" }, el("dt", {}, name), el("dd", {}, el("span", { class: "value", "data-quantity": quantity }, value), el("span", { class: "muted" }, more)));
  const declared = (key, text) => [text, totals.declared && Number(totals.declared[key]) ? `of which declared: ${count(totals.declared[key])}` : ""].filter(Boolean).join("; ");
  const held = network.claims.filter((claim) => claim.holds).length;
  const dialect = network.dialect === "cnncalc" ? "" : ` · dialect ${network.dialect}`;
  return el("section", { class: "overview", "aria-label": "Totals" },
    el("h1", {}, network.name),
    network.source ? el("p", { class: "muted" }, network.source) : null,
    network.note ? el("p", {}, network.note) : null,
    el("p", {}, `input ${ends(network.inputs)} → output ${ends(network.outputs)}${network.batch > 1 ? ` · batch ${network.batch}` : ""}${dialect}`),
    el("dl", { class: "tiles" },
      tile("parameters", count(totals.params), declared("params", Number(totals.buffers) ? `and ${count(totals.buffers)} buffer values` : ""), "params"),
      tile("MACs", count(totals.macs), declared("macs", "multiply-accumulates"), "macs"),
      tile("FLOPs", count(totals.flops), declared("flops", "2 × MACs and the rest"), "flops"),
      tile("peak activations", bytes(totals.memory.peak), `at ${totals.memory.peak_layer}`, "memory.peak"),
      tile("training", bytes(totals.memory.training), `${totals.memory.dtype}, ${totals.memory.optimizer}`, "memory.training"),
      tile("receptive field", network.trunk, "of the last feature map", "receptive_field"),
      tile("depth", count(totals.depth), plural(network.layers.name.length, "layer"), "depth"),
      network.claims.length ? tile("checks", `${held} of ${network.claims.length}`, "expected values and budgets met", "checks") : null),
    Number(network.auxiliary) ? el("p", { class: "muted" }, `Auxiliary heads, in training only: ${count(network.auxiliary)} parameters, not counted above.`) : null);
}

function layersPart(network, state) {
  const { layers, totals } = network;
  const most = (key) => Math.max(...layers[key].map(Number), 1);
  const number = (title, key, text) => ({ title, text: (at) => text(layers[key][at]), value: (at) => layers[key][at], most: most(key) });
  const area = (at) => {
    const field = Object.values(layers.shared[layers.fields[at]])[0];
    return field.size ? field.size.reduce((product, size) => product * size, 1) : Infinity;
  };
  const columns = [
    { title: "layer", text: (at) => layers.name[at], cell: (at) => button(layers.name[at], () => { state.select(layers.name[at]); }, { class: "link" }) },
    { title: "kind", text: (at) => layers.kind[at], cell: (at) => [el("span", { class: `swatch back-${layers.family[at]}` }), ` ${layers.kind[at]}`] },
    { title: "output", text: (at) => layers.output[at], value: (at) => layers.output[at].split("×").reduce((product, size) => product * Number(size), 1) },
    number("parameters", "params", count),
    number("MACs", "macs", count),
    number("output bytes", "output_bytes", count),
    number("alive bytes", "alive_bytes", count),
    { title: "receptive field", text: (at) => layers.field[at], value: area },
  ];
  const rows = layers.name.map((_, at) => at);
  const sum = (key, found) => count(found.filter((at) => !isAuxiliary(layers, at)).reduce((total, at) => total + BigInt(layers[key][at]), 0n));
  const table = sortedTable({
    caption: `Layers of ${network.name}`,
    rows,
    columns,
    filter: "Filter layers, kinds, shapes",
    totals: (found) => el("tr", {}, el("th", { scope: "row" }, found.length < rows.length ? "sum of these" : "total"), el("td"), el("td"),
      el("td", { class: "number" }, sum("params", found)), el("td", { class: "number" }, sum("macs", found)),
      el("td", { class: "number" }, sum("output_bytes", found)), el("td"), el("td")),
  });
  const mark = () => table.mark(new Set(membersOf(layers, state.selected)));
  mark();
  state.watch(mark);
  return section("Layers", "part-layers", table.node);
}

function checksPart(network, state) {
  const parts = [];
  const { claims, findings } = network;
  if (claims.length) {
    parts.push(el("h3", {}, "Expected values and budgets"), el("ul", { class: "checks" }, claims.map((claim) =>
      el("li", { class: claim.holds ? "holds" : "fails" },
        el("span", { class: "mark" }, claim.holds ? "✓ met" : "✗ not met"), ` ${claim.found}`,
        claim.line ? el("span", { class: "muted" }, ` line ${claim.line}`) : null,
        claim.problem ? problemText(claim.problem, network.file) : null))));
  }
  if (network.unchecked) parts.push(el("p", { class: "muted" }, "The network was changed, so its expected values were not checked."));
  if (findings.length) {
    parts.push(el("h3", {}, "Findings"), el("ul", { class: "findings" }, findings.map((each) => el("li", {}, problemText(each, network.file, state)))));
  }
  if (!parts.length) parts.push(el("p", { class: "muted" }, "The spec has no expected values, and nothing was found."));
  return section("Findings and checks", "part-checks", parts);
}

// A problem with the line of the spec that it is about.
function problemText(problem, file, state) {
  const indent = problem.text.length - problem.text.trimStart().length;
  const width = Math.max(1, Math.min(problem.width || 1, problem.text.length - (problem.column || 1) + 1));
  return el("div", { class: `problem ${problem.level}` },
    el("p", {}, el("strong", {}, `${problem.level}`), ` ${problem.message} `, el("code", { class: "muted" }, problem.code)),
    problem.line ? el("p", { class: "muted" }, `${file}:${problem.line}:${problem.column} `,
      state && problem.layer ? button(problem.layer, () => state.select(problem.layer), { class: "chip" }) : null) : null,
    problem.text ? el("pre", {}, `${problem.text.slice(indent)}\n`, el("span", { class: "caret" }, `${" ".repeat(Math.max(problem.column - 1 - indent, 0))}${"^".repeat(width)}`)) : null,
    problem.hint ? el("p", { class: "hint" }, problem.hint) : null);
}
