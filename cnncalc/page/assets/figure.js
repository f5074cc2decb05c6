// The figure of a network, folded to one of several depths. Boxes and frames select what they stand for.

function figurePart(network, state) {
  const levels = network.figures;
  const scroll = el("div", { class: "figure", role: "group", "aria-label": `Figure of ${network.name}` });
  const fold = button("Fold", () => go(state.level - 1));
  const unfold = button("Unfold", () => go(state.level + 1));
  const words = el("span", { class: "muted", role: "status" });
  const drawn = new Map();

  function image(level) {
    if (!drawn.has(level)) {
      const parsed = new DOMParser().parseFromString(levels[level].svg, "image/svg+xml");
      const svg = document.importNode(parsed.documentElement, true);
      prepare(svg, levels[level].width);
      drawn.set(level, svg);
    }
    return drawn.get(level);
  }

  function prepare(svg, width) {
    svg.setAttribute("role", "group");
    svg.style.minWidth = `${Math.round(width * 0.72)}px`;
    svg.style.maxWidth = `${width}px`;
    for (const item of svg.querySelectorAll(".box, .frame")) {
      const name = item.getAttribute("data-name");
      const title = item.querySelector("title");
      item.setAttribute("role", "button");
      item.setAttribute("tabindex", "-1");
      item.setAttribute("aria-label", title ? title.textContent.replace(/\n/g, ", ") : name);
      item.addEventListener("click", () => { roving(item); state.select(name); });
      item.addEventListener("dblclick", () => go(state.level + (item.classList.contains("frame") ? -1 : 1)));
      item.addEventListener("keydown", (event) => typed(event, item, name));
    }
    const first = svg.querySelector(".box");
    if (first) first.setAttribute("tabindex", "0");
  }

  // One box at a time can be reached with the tab key; the arrow keys move between them.
  function roving(item) {
    for (const other of scroll.querySelectorAll("[tabindex='0'][role=button]")) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
  }

  function typed(event, item, name) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    if (event.key === "Enter" || event.key === " ") state.select(name);
    else if (event.key === "+" || event.key === "-") go(state.level + (event.key === "+" ? 1 : -1));
    else if (event.key in steps) {
      const items = [...scroll.querySelectorAll(".box, .frame")];
      const next = items[items.indexOf(item) + steps[event.key]];
      if (!next) return;
      roving(next);
      next.focus();
    } else return;
    event.preventDefault();
  }

  function go(level) {
    if (!levels[level] || level === state.level) return;
    const hadFocus = scroll.contains(document.activeElement);
    state.level = level;
    draw();
    state.select(state.selected);
    const item = marked()[0];
    if (!item) return;
    roving(item);
    if (hadFocus) item.focus();
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The boxes and frames of the selection: its own, else those in it, else the smallest that holds it.
  function marked() {
    const items = [...scroll.querySelectorAll(".box, .frame")];
    const named = (item) => item.getAttribute("data-name");
    const name = drawnFor(state.selected, items);
    const exact = items.filter((item) => named(item) === name);
    if (exact.length) return exact;
    const inside = items.filter((item) => isInside(named(item), name));
    const frames = inside.filter((item) => item.classList.contains("frame"));
    if (inside.length) return frames.length ? frames : inside;
    const holds = items.filter((item) => isInside(name, named(item)));
    const most = Math.max(0, ...holds.map((item) => named(item).length));
    return holds.filter((item) => named(item).length === most);
  }

  // Similar repetitions are drawn once: the name in the one that is drawn.
  function drawnFor(name, items) {
    for (const item of items) {
      const frame = /^(.*)\.(\d+)$/.exec(item.getAttribute("data-name"));
      const times = Number(item.getAttribute("data-times") || 1);
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
  }

  function draw() {
    state.level = Math.min(Math.max(state.level, 0), levels.length - 1);
    scroll.replaceChildren(image(state.level));
    fold.disabled = state.level === 0;
    unfold.disabled = state.level === levels.length - 1;
    words.textContent = `${plural(levels[state.level].boxes, "box").replace("boxs", "boxes")}`;
    mark();
  }

  draw();
  state.watch(mark);
  state.unfold = () => go(state.level + 1);
  state.fold = () => go(state.level - 1);
  state.canUnfold = () => state.level < levels.length - 1;
  const tools = el("div", { class: "tools" }, levels.length > 1 ? [fold, unfold, words] : words);
  const legend = el("p", { class: "muted" }, "Bars: share of the MACs. Select a box for its layers, weights and formulas.");
  return section("Figure", "part-figure", tools, scroll, legend);
}

function isInside(name, group) {
  return name === group || name.startsWith(`${group}.`);
}
