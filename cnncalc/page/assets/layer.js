// What is selected: a layer with its options, weights, formulas and receptive field, or the sums of a block.

const CORE = ["output", "params", "macs", "flops", "receptive_field"];

function layerPart(network, state) {
  const layers = network.layers;
  const body = el("div", { class: "layer" });
  const steps = slider("layer", layers.name.length, 0, (at) => state.select(layers.name[at]), { "aria-label": "Layer, in order" });
  let current = 0;

  function draw() {
    const name = state.selected;
    const members = membersOf(layers, name);
    const input = network.inputs.find((each) => each.layer === name);
    if (!members.length) {
      const end = input || network.inputs[0];
      body.replaceChildren(el("h3", {}, end.name), facts([["input", end.shape]]));
      return;
    }
    const single = layers.name.indexOf(name);
    current = single >= 0 ? single : members[0];
    steps.input.value = String(current);
    const spoken = `${layers.name[current]}, receptive field ${layers.field[current]}`;
    steps.input.setAttribute("aria-valuetext", spoken);
    const companions = members.filter((at) => isInside(layers.name[at], layers.name[current]));
    if (single >= 0) body.replaceChildren(...oneLayer(network, state, single, companions));
    else body.replaceChildren(...block(network, state, name, members));
  }

  draw();
  state.watch(draw);
  return section("Layer", "part-layer", el("div", { class: "tools" }, steps.row), body);
}

// The positions of a layer with those written inside it, or of the layers of a block.
function membersOf(layers, name) {
  const found = [];
  layers.name.forEach((each, at) => { if (isInside(each, name)) found.push(at); });
  return found;
}

function chips(network, state, members, chosen) {
  const { name } = network.layers;
  return el("p", { class: "chips" }, members.map((at) =>
    button(name[at], () => state.select(name[at]), { class: "chip", "aria-pressed": at === chosen ? "true" : "false" })));
}

function block(network, state, name, members) {
  const { layers, totals } = network;
  const sum = (key) => members.filter((at) => !isAuxiliary(layers, at)).reduce((total, at) => total + BigInt(layers[key][at]), 0n);
  const last = members[members.length - 1];
  const parameters = sum("params");
  const macs = sum("macs");
  const tools = el("div", { class: "tools" });
  if (state.canUnfold && state.canUnfold()) tools.append(button("Unfold in the figure", () => state.toggle()));
  return [
    el("h3", {}, name),
    el("p", { class: "muted" }, network.groups[name] || "block"),
    tools,
    facts([
      ["layers", count(members.length)],
      ["output", layers.output[last]],
      ["parameters", `${count(parameters)} (${percent(parameters, totals.params)})`],
      ["MACs", `${count(macs)} (${percent(macs, totals.macs)})`],
      ["FLOPs", count(sum("flops"))],
      ["memory of outputs", bytes(sum("output_bytes"))],
      ["receptive field", layers.field[last]],
    ]),
    el("h4", {}, "Layers"),
    chips(network, state, members.slice(0, 200), -1),
    fieldPicture(network, state, last),
  ];
}

function isAuxiliary(layers, at) {
  return layers.auxiliary.includes(layers.name[at]);
}

function oneLayer(network, state, at, companions) {
  const { layers, totals } = network;
  const name = layers.name[at];
  const options = layers.shared[layers.options[at]];
  const weights = Object.entries(layers.weights[at]);
  const readers = [];
  layers.inputs.forEach((reads, reader) => { if (reads.includes(at)) readers.push(reader); });
  const link = (other) => {
    const end = other < 0 ? network.inputs[network.inputs.length + other] : null;
    const text = end ? end.name : layers.name[other];
    return button(text, () => state.select(end ? end.layer : text), { class: "chip" });
  };
  return [
    el("h3", {}, name),
    el("p", { class: "muted" },
      el("span", { class: "kind" }, layers.kind[at]),
      layers.line[at] ? ` · line ${layers.line[at]} of ${network.file}` : "",
      isAuxiliary(layers, at) ? " · in training only" : "",
      layers.shares[name] ? ` · uses the weights of ${layers.shares[name]}` : ""),
    layers.notes[name] ? el("p", {}, layers.notes[name]) : null,
    companions.length > 1 ? chips(network, state, companions, at) : null,
    facts([
      ["reads", layers.inputs[at].map(link)],
      ["input", layers.reads[at].join(" and ")],
      ["output", layers.output[at]],
      ["parameters", `${count(layers.params[at])} (${percent(layers.params[at], totals.params)})`],
      ["MACs", `${count(layers.macs[at])} (${percent(layers.macs[at], totals.macs)})`],
      ["memory of output", bytes(layers.output_bytes[at])],
      ["read by", readers.length ? readers.slice(0, 20).map(link) : "nothing: an output"],
    ]),
    fieldPicture(network, state, at),
    options.length ? [el("h4", {}, "Options"), facts([...options, layers.padding[at] === "–" ? null : ["padding on each side", layers.padding[at]]])] : null,
    weights.length ? [el("h4", {}, "Weights"), facts(weights.map(([tensor, dims]) => [tensor, dims.join("×")]))] : null,
    el("h4", {}, "Working"),
    working(network, at),
  ].flat().filter(Boolean);
}

function working(network, at) {
  const { formulas, derivations, layers } = network.formulas;
  const all = layers[at].map((each) => derivations[each]);
  const shown = all.filter(([name]) => CORE.includes(name));
  const others = all.filter(([name]) => !CORE.includes(name));
  const parts = shown.map((each) => derivation(each, formulas));
  if (others.length) {
    parts.push(el("details", { class: "more" }, el("summary", {}, `${plural(others.length, "other quantity").replace("quantitys", "quantities")}`), others.map((each) => derivation(each, formulas))));
  }
  return el("div", { class: "working" }, parts);
}

function derivation([, heading, lines, notes], formulas) {
  return el("div", { class: "derivation" },
    el("h5", {}, heading),
    lines.map(([title, at, substituted, result, values]) => {
      const [text, source, symbols] = formulas[at];
      const steps = [text, substituted, result].filter((step, place, every) => every.indexOf(step) === place);
      return el("div", { class: "line" },
        title ? el("span", { class: "muted" }, title) : null,
        el("div", { class: "formula" }, steps.map((step, place) => el("span", { class: place === steps.length - 1 ? "result" : "" }, place ? ` = ${step}` : step))),
        symbols.length ? el("details", {}, el("summary", {}, symbols.map(([symbol], place) => `${symbol} = ${values[place]}`).join(", ")),
          facts(symbols.map(([symbol, meaning], place) => [symbol, `${values[place]}  ${meaning}`])),
          source ? el("p", { class: "muted" }, source) : null) : null);
    }),
    notes.map((note) => el("p", { class: "muted" }, note)));
}

// The receptive field of one unit on each input that it depends on, to scale, with sliders for the unit.
function fieldPicture(network, state, at) {
  const { layers } = network;
  const fields = layers.shared[layers.fields[at]];
  const unit = layers.sizes[at].map((size) => Math.floor((size - 1) / 2));
  const several = network.inputs.length > 1;
  const pictures = Object.entries(fields).map(([name, field]) => {
    const input = network.inputs.find((each) => each.name === name || each.layer === name) || network.inputs[0];
    return fieldOnInput(input, field, unit, several);
  });
  const movable = pictures.find((each) => each.canMove);
  const sliders = !movable ? [] : layers.sizes[at].map((size, axis) => size < 2 ? null
    : slider(movable.axes[axis], size, unit[axis], (value) => { unit[axis] = value; pictures.forEach((each) => each.draw()); },
      { "aria-label": `Unit along the ${movable.axes[axis]}` }).row);
  return el("div", { class: "field" }, el("h4", {}, "Receptive field"), pictures.map((each) => each.node), sliders);
}

// The box of a unit on one input, whose name is written if there are several.
function fieldOnInput(input, field, unit, several) {
  const { sizes } = input;
  const node = el("div", { class: "on-input", "data-input": input.name }, several ? el("h5", {}, `on ${input.name}`) : null);
  if (!sizes.length) {
    node.append(el("p", { class: "muted" }, "The input has no axes."));
    return { node, canMove: false, draw: () => {} };
  }
  const says = el("p", { role: "status" });
  const image = shape("svg", { class: "input", role: "img" });
  const canMove = !field.global && field.size && field.start && unit.length === sizes.length && !field.start.includes(null) && !field.jump.includes(null);

  function interval(axis) {
    if (!canMove) return [0, sizes[axis] - 1, false];
    const first = field.start[axis] + unit[axis] * field.jump[axis] - (field.size[axis] - 1) / 2;
    const low = Math.ceil(first);
    const high = Math.floor(first + field.size[axis] - 1);
    return [Math.max(low, 0), Math.min(high, sizes[axis] - 1), low < 0 || high > sizes[axis] - 1];
  }

  function draw() {
    const along = sizes.map((_, axis) => interval(axis));
    drawBox(image, sizes, along);
    const where = along.map(([low, high], axis) => `${input.axes[axis]} ${low} to ${high}`).join(", ");
    const clipped = along.some(([, , cut]) => cut) ? ", clipped to the input" : "";
    const who = canMove ? `unit (${unit.join(", ")})` : "each unit";
    const whole = field.global || along.every(([low, high], axis) => low === 0 && high === sizes[axis] - 1);
    says.textContent = whole ? `${who} sees the whole ${input.name}` : `${who} sees ${where}${clipped}`;
    image.setAttribute("aria-label", says.textContent);
  }

  node.append(facts([["size", field.text], ["jump", field.jumps], ["start", field.starts]]), image, says);
  draw();
  return { node, canMove, draw, axes: input.axes };
}

const LONG_SIDE = 220;

// The input as a rectangle with the box in it; of three axes, the last two.
function drawBox(image, sizes, along) {
  const rows = sizes.length > 1 ? sizes.length - 2 : -1;
  const columns = sizes.length - 1;
  const width = sizes[columns];
  const height = rows < 0 ? Math.max(width / 12, 1) : sizes[rows];
  const scale = LONG_SIDE / Math.max(width, height);
  const w = Math.max(width * scale, 6);
  const h = Math.max(height * scale, 6);
  const [left, right] = along[columns];
  const [top, bottom] = rows < 0 ? [0, height - 1] : along[rows];
  image.setAttribute("viewBox", `-2 -2 ${w + 4} ${h + 4}`);
  image.setAttribute("width", w + 4);
  image.setAttribute("height", h + 4);
  const x = left * scale;
  const y = top * scale;
  image.replaceChildren(
    shape("rect", { class: "paper", x: 0, y: 0, width: w, height: h }),
    shape("rect", { class: "box", x, y, width: Math.max((right - left + 1) * scale, 1.5), height: Math.max((bottom - top + 1) * scale, 1.5) }));
}
