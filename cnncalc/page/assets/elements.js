// Builds elements. Text becomes text nodes, so that nothing in a spec is markup.

const SVG = "http://www.w3.org/2000/svg";

function built(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function el(tag, attributes, ...children) {
  return built(document.createElement(tag), attributes, children);
}

function shape(tag, attributes, ...children) {
  return built(document.createElementNS(SVG, tag), attributes, children);
}

function button(text, click, attributes) {
  return el("button", { type: "button", click, ...attributes }, text);
}

let uniqueIds = 0;

function unique(word) {
  uniqueIds += 1;
  return `${word}-${uniqueIds}`;
}

// A part of the page with a heading, which names it for screen readers.
function section(title, className, ...children) {
  const id = unique("heading");
  return el("section", { class: `card ${className}`, "aria-labelledby": id }, el("h2", { id }, title), ...children);
}

// A choice between a few words; `chosen` is called with the word.
function choice(label, words, current, chosen) {
  const select = el("select", { change: () => chosen(select.value) });
  for (const [value, text] of words) {
    select.append(el("option", { value, selected: value === current }, text));
  }
  return el("label", { class: "choice" }, el("span", {}, label), select);
}

function slider(label, count, value, moved, attributes) {
  const input = el("input", { type: "range", min: 0, max: count - 1, step: 1, value, ...attributes });
  input.value = String(value);
  input.addEventListener("input", () => moved(Number(input.value)));
  return { row: el("label", { class: "slider" }, el("span", {}, label), input), input };
}

function facts(pairs) {
  const list = el("dl", { class: "facts" });
  for (const [name, ...value] of pairs.filter(Boolean)) list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return list;
}
