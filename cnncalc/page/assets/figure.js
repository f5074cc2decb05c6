// The figure of a network, folded to one of several depths, with single blocks opened or folded.
// Boxes and frames select what they stand for.

function figurePart(network, state) {
  const { levels, forms, blocks } = network.figures;
  const scroll = el("div", { class: "figure", role: "group", "aria-label": `Figure of ${network.name}` });
  const fold = button("Fold", () => go(Math.max(state.level - 1, 0), []));
  const unfold = button("Unfold", () => go(state.level + 1, []));
  const single = button("", () => toggle(state.selected), { class: "single" });
  const words = el("span", { class: "muted", role: "status" });

  // The figure of a level with some of its folded blocks opened, in this order.
  function image(level, opened) {
    const svg = parsedSvg(levels[level].svg);
    for (const name of opened) if (name in blocks) openBlock(svg, name, forms[blocks[name]]);
    return svg;
  }

  function prepare(svg) {
    const width = Number(svg.getAttribute("width"));
    svg.setAttribute("role", "group");
    svg.style.minWidth = `${Math.round(width * 0.72)}px`;
    svg.style.maxWidth = `${width}px`;
    for (const item of svg.querySelectorAll(".box, .frame")) {
      const name = item.dataset.name;
      const title = item.querySelector("title");
      item.setAttribute("role", "button");
      item.setAttribute("tabindex", "-1");
      item.setAttribute("aria-label", title ? title.textContent.replace(/\n/g, ", ") : name);
      if (isBox(item) && name in blocks) item.setAttribute("aria-expanded", "false");
      item.addEventListener("click", () => { roving(item); state.select(name); });
      item.addEventListener("dblclick", () => toggle(name));
      item.addEventListener("keydown", (event) => typed(event, item, name));
    }
    const first = svg.querySelector(".box");
    if (first) first.setAttribute("tabindex", "0");
  }

  function isBox(item) {
    return item.classList.contains("box");
  }

  function items() {
    return [...scroll.querySelectorAll(".box, .frame")];
  }

  // One box at a time can be reached with the tab key; the arrow keys move between them.
  function roving(item) {
    for (const other of scroll.querySelectorAll("[tabindex='0'][role=button]")) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
  }

  function typed(event, item, name) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    if (event.key === "Enter" || event.key === " ") state.select(name);
    else if (event.key === "+") change(unfoldable(name), true);
    else if (event.key === "-") change(foldable(name), false);
    else if (event.key in steps) {
      const next = items()[items().indexOf(item) + steps[event.key]];
      if (!next) return;
      roving(next);
      next.focus();
    } else return;
    event.preventDefault();
  }

  // The folded block that opens for a name: it must be drawn, and its inside known.
  function unfoldable(name) {
    const drawn = items().some((item) => isBox(item) && item.dataset.name === name);
    return drawn && name in blocks ? name : null;
  }

  // The block that folds for a name: the innermost open one that holds it.
  function foldable(name) {
    const opened = state.opened.filter((each) => isInside(name, each));
    if (opened.length) return opened.reduce((one, other) => (isInside(other, one) ? other : one));
    return lower(name).block;
  }

  // The next lower level at which a folded block holds a name.
  function lower(name) {
    for (let level = state.level - 1; level >= 0; level -= 1) {
      const folded = [...parsedSvg(levels[level].svg).querySelectorAll(".box.block")].map((each) => each.dataset.name);
      const block = folded.find((each) => isInside(name, each));
      if (block) return { level, block };
    }
    return { level: -1, block: null };
  }

  function toggle(name) {
    const opens = unfoldable(name);
    change(opens || foldable(name), Boolean(opens));
  }

  function change(block, opens) {
    if (!block) return;
    if (opens) go(state.level, [...state.opened, block], block);
    else if (state.opened.includes(block)) go(state.level, state.opened.filter((each) => !isInside(each, block)), block);
    else foldOne(block);
  }

  // Folds a block that is open because of the level: the level below, with all else open that is open now.
  function foldOne(block) {
    const folded = new Set(items().filter((item) => isBox(item)).map((item) => item.dataset.name));
    const { level } = lower(block);
    const opened = [];
    for (let isNew = true; isNew;) {
      const closed = [...image(level, opened).querySelectorAll(".box.block")].map((each) => each.dataset.name);
      const more = closed.filter((each) => each !== block && !folded.has(each) && each in blocks && !opened.includes(each));
      opened.push(...more);
      isNew = more.length > 0;
    }
    go(level, opened, block);
  }

  function go(level, opened, shown) {
    if (!levels[level]) return;
    const hadFocus = scroll.contains(document.activeElement);
    state.level = level;
    state.opened = opened;
    draw();
    state.select(state.selected);
    const within = shown && items().find((item) => item.dataset.name === shown || isInside(item.dataset.name, shown));
    const item = within || marked()[0];
    if (!item) return;
    roving(item);
    if (hadFocus) item.focus();
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The boxes and frames of the selection: its own, else those in it, else the smallest that holds it.
  function marked() {
    const all = items();
    const named = (item) => item.dataset.name;
    const name = drawnFor(state.selected, all);
    const exact = all.filter((item) => named(item) === name);
    if (exact.length) return exact;
    const inside = all.filter((item) => isInside(named(item), name));
    const frames = inside.filter((item) => !isBox(item));
    if (inside.length) return frames.length ? frames : inside;
    const holds = all.filter((item) => isInside(name, named(item)));
    const most = Math.max(0, ...holds.map((item) => named(item).length));
    return holds.filter((item) => named(item).length === most);
  }

  // Similar repetitions are drawn once: the name in the one that is drawn.
  function drawnFor(name, all) {
    for (const item of all) {
      const frame = /^(.*)\.(\d+)$/.exec(item.dataset.name);
      const times = Number(item.dataset.times || 1);
      for (let turn = 1; frame && turn < times; turn += 1) {
        const other = `${frame[1]}.${Number(frame[2]) + turn}`;
        if (isInside(name, other)) return frame[0] + name.slice(other.length);
      }
    }
    return name;
  }

  function mark() {
    for (const item of scroll.querySelectorAll(".chosen")) {
      item.classList.remove("chosen");
      item.removeAttribute("aria-pressed");
    }
    for (const item of marked()) {
      item.classList.add("chosen");
      item.setAttribute("aria-pressed", "true");
    }
    const opens = unfoldable(state.selected);
    const block = opens || foldable(drawnFor(state.selected, items()));
    single.hidden = !block;
    single.textContent = `${opens ? "Unfold" : "Fold"} ${block}`;
  }

  function draw() {
    state.level = Math.min(Math.max(state.level, 0), levels.length - 1);
    const svg = image(state.level, state.opened);
    prepare(svg);
    scroll.replaceChildren(svg);
    fold.disabled = state.level === 0 && !state.opened.length;
    unfold.disabled = state.level === levels.length - 1;
    words.textContent = `${plural(svg.querySelectorAll(".box").length, "box").replace("boxs", "boxes")}`;
    mark();
  }

  draw();
  state.watch(mark);
  state.toggle = () => toggle(state.selected);
  state.canUnfold = () => Boolean(unfoldable(state.selected));
  const tools = el("div", { class: "tools" }, levels.length > 1 ? [fold, unfold, single, words] : words);
  const legend = el("p", { class: "muted" }, "Bars: share of the MACs. Select a box for its layers, weights and formulas; a double click, + or - unfolds or folds one block.");
  return section("Figure", "part-figure", tools, scroll, legend);
}

function isInside(name, group) {
  return name === group || name.startsWith(`${group}.`);
}
