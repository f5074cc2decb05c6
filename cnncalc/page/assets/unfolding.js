// Opens one folded block of a drawn figure: its inside takes its place, and everything else moves apart.
// What is left, right, above or below of something stays there, so nothing overlaps and wires stay straight.

const NAME = "\ue000";
const CORNER = 5;
const EDGE = 6;
const APART = 14;
const HEAD = { length: 6, width: 5 };

const SWAPPED = { "{": "<", "}": ">", "|": '"', "<": "{", ">": "}", '"': "|" };

// A figure as it was sent, with some signs swapped; `name` is that of the block it is the inside of.
function parsedSvg(sent, name = "") {
  const text = sent.replace(/[{}|<>"]/g, (sign) => SWAPPED[sign]).replaceAll(NAME, escapedText(name));
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  for (const each of svg.querySelectorAll("text")) each.setAttribute("lengthAdjust", "spacingAndGlyphs");
  for (const path of svg.querySelectorAll("path")) finishWire(path);
  return svg;
}

function numberOf(item, name) {
  return Number(item.getAttribute(name));
}

function isClose(a, b) {
  return Math.abs(a - b) < 0.15;
}

// The rectangle of a box: of its outlines, without its bar.
function placeOf(group) {
  const rects = [...group.children].filter((each) => each.tagName === "rect" && numberOf(each, "height") > 8);
  const sides = rects.map((each) => [numberOf(each, "x"), numberOf(each, "y"), numberOf(each, "x") + numberOf(each, "width"), numberOf(each, "y") + numberOf(each, "height")]);
  const [x, y] = [0, 1].map((at) => Math.min(...sides.map((side) => side[at])));
  const [right, bottom] = [2, 3].map((at) => Math.max(...sides.map((side) => side[at])));
  return { x, y, right, bottom, middle: (x + right) / 2, centre: (y + bottom) / 2 };
}

function openBlock(svg, name, [written, axis]) {
  const box = [...svg.querySelectorAll(".box.block")].find((each) => each.dataset.name === name);
  if (!box) return;
  const inside = parsedSvg(written, name);
  const wide = numberOf(inside, "width");
  const high = numberOf(inside, "height");
  const old = placeOf(box);
  const begins = old.middle - axis;
  const ends = begins + wide;
  const beside = sidesOf(svg, box, old);
  const left = Math.max(beside.left + APART - begins, 0);
  const right = Math.max(ends + APART - beside.right, 0);
  const down = Math.max(high - (old.bottom - old.y), 0);
  const dx = (x) => (x <= beside.left ? -left : x >= beside.right ? right : 0);
  const dy = (y) => down * Math.min(Math.max((y - old.y) / (old.bottom - old.y), 0), 1);

  const boxes = [...svg.querySelectorAll(".box")].map((group) => {
    const place = placeOf(group);
    return { group, place, dx: dx(place.middle), dy: group === box ? 0 : dy(place.centre) };
  });
  const names = new Map(boxes.map((each) => [each.group.dataset.name, each]));
  const enters = entersFrom(inside);

  for (const group of svg.querySelectorAll(".edge")) moveWire(group, boxes, box, { dx, dy, axis, wide, high, old, enters });
  for (const group of svg.querySelectorAll(".frame")) moveFrame(group, dx, dy);
  for (const group of svg.querySelectorAll(".shape")) {
    const owner = names.get(group.dataset.of);
    const text = group.querySelector("text");
    if (owner && owner.group === box) moveAll(group, 0, numberOf(text, "y") > old.y ? down : 0);
    else if (owner) moveAll(group, owner.dx, owner.dy);
    else moveAll(group, dx(numberOf(text, "x") - 6), dy(numberOf(text, "y")));
  }
  for (const each of boxes) if (each.group !== box) moveAll(each.group, each.dx, each.dy);

  const firstEdge = svg.querySelector(".edge");
  for (const group of [...inside.children].filter((each) => each.tagName === "g")) {
    moveAll(group, old.middle - axis, old.y);
    if (group.classList.contains("frame")) svg.insertBefore(group, firstEdge);
    else svg.append(group);
  }
  box.remove();
  resize(svg, [begins, ends], [left, right], down);
}

// The nearest ends of what is left and right of a box: of boxes with their shapes, of frames, and of wires.
function sidesOf(svg, box, old) {
  let left = -Infinity;
  let right = Infinity;
  const add = (from, to) => {
    if (to <= old.x) left = Math.max(left, to);
    else if (from >= old.right) right = Math.min(right, from);
    else if (from < old.x && to > old.right) {
      left = Math.max(left, from);
      right = Math.min(right, to);
    }
  };
  const isBeside = (top, bottom) => top < old.bottom - 1 && bottom > old.y + 1;
  for (const group of svg.querySelectorAll(".box, .frame")) {
    const place = placeOf(group);
    if (group !== box && isBeside(place.y, place.bottom)) add(place.x, place.right);
  }
  for (const text of svg.querySelectorAll(".shape text")) {
    const [x, y] = [numberOf(text, "x"), numberOf(text, "y")];
    if (isBeside(y - 8, y + 3)) add(x, x + 5 * text.textContent.length);
  }
  for (const group of svg.querySelectorAll(".edge")) {
    const points = wirePoints(group);
    points.slice(1).forEach(([x, y], at) => {
      const [before, above] = points[at];
      if (isClose(x, before) && isBeside(Math.min(y, above), Math.max(y, above))) add(x, x);
    });
  }
  return { left, right };
}

// As in the SVG that was sent.
function escapedText(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => entities[sign]);
}

// Whether wires lead into the inside from its top.
function entersFrom(inside) {
  const drawn = new Set([...inside.querySelectorAll(".box")].map((each) => each.dataset.name));
  return [...inside.querySelectorAll(".edge")].some((each) => !drawn.has(each.dataset.from));
}

function resize(svg, [begins, ends], [left, right], down) {
  const [x, y, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const start = Math.min(x - left, begins - EDGE);
  const whole = Math.max(x + width + right, ends + EDGE) - start;
  svg.setAttribute("viewBox", `${start} ${y} ${whole} ${height + down}`);
  svg.setAttribute("width", whole);
  svg.setAttribute("height", height + down);
}

function moveAll(group, dx, dy) {
  for (const item of group.querySelectorAll("rect, text, polygon, path")) {
    if (item.tagName === "polygon") setPoints(item, pointsOf(item).map(([x, y]) => [x + dx, y + dy]));
    else if (item.tagName === "path") setPath(item, wirePoints(group).map(([x, y]) => [x + dx, y + dy]), Boolean(group.querySelector("polygon")));
    else {
      item.setAttribute("x", numberOf(item, "x") + dx);
      item.setAttribute("y", numberOf(item, "y") + dy);
    }
  }
}

function moveFrame(group, dx, dy) {
  const place = placeOf(group);
  for (const item of group.querySelectorAll("rect, text")) {
    const x = numberOf(item, "x");
    const y = numberOf(item, "y");
    if (item.tagName === "rect") {
      const right = x + numberOf(item, "width");
      const bottom = y + numberOf(item, "height");
      item.setAttribute("x", x + dx(place.x));
      item.setAttribute("y", y + dy(place.y));
      item.setAttribute("width", right - x + dx(place.right) - dx(place.x));
      item.setAttribute("height", bottom - y + dy(place.bottom) - dy(place.y));
    } else {
      item.setAttribute("x", x + dx(item.getAttribute("text-anchor") === "end" ? place.right : place.x));
      item.setAttribute("y", y + dy(place.y));
    }
  }
}

function sourceIsOpened([[x]], old) {
  return isClose(x, old.x) || isClose(x, old.right);
}

function pointsOf(polygon) {
  return polygon.getAttribute("points").split(" ").map((pair) => pair.split(",").map(Number));
}

function setPoints(polygon, points) {
  polygon.setAttribute("points", points.map((point) => point.join(",")).join(" "));
}

// The corners of a wire: its path has a curve at each, and ends short of the tip of its arrow.
function wirePoints(group) {
  const pieces = group.querySelector("path").getAttribute("d").match(/[MLQ][^MLQ]*/g).map((piece) => [piece[0], piece.slice(1).trim().split(/[ ,]+/).map(Number)]);
  const head = group.querySelector("polygon");
  const corners = pieces.filter(([command]) => command === "Q").map(([, numbers]) => numbers.slice(0, 2));
  const end = head ? pointsOf(head)[0] : pieces[pieces.length - 1][1].slice(-2);
  return [pieces[0][1], ...corners, end];
}

function setPath(path, points, hasHead) {
  const towards = ([x, y], [to, end], length) => {
    const whole = Math.hypot(to - x, end - y) || 1;
    const share = Math.min(length, whole) / whole;
    return [x + (to - x) * share, y + (end - y) * share];
  };
  const line = points.map((point) => [...point]);
  const last = line.length - 1;
  if (hasHead) line[last] = towards(line[last], line[last - 1], HEAD.length - 1);
  let text = `M${line[0].join(" ")}`;
  for (let at = 1; at < last; at += 1) {
    const half = (other) => Math.min(CORNER, Math.hypot(other[0] - line[at][0], other[1] - line[at][1]) / 2);
    text += `L${towards(line[at], line[at - 1], half(line[at - 1])).join(" ")}Q${line[at].join(" ")} ${towards(line[at], line[at + 1], half(line[at + 1])).join(" ")}`;
  }
  path.setAttribute("d", `${text}L${line[last].join(" ")}`);
}

// Rounds the corners of a wire, which is sent as straight lines, and adds its arrowhead.
function finishWire(path) {
  const points = path.getAttribute("d").slice(1).split("L").map((pair) => pair.split(" ").map(Number));
  const hasHead = path.classList.contains("arrow");
  if (hasHead) {
    const head = shape("polygon", { class: "c-head" });
    setHead(head, points);
    path.after(head);
  }
  setPath(path, points, hasHead);
}

function setHead(polygon, points) {
  const [[x0, y0], [x, y]] = points.slice(-2);
  const length = Math.hypot(x - x0, y - y0) || 1;
  const [dx, dy] = [(x - x0) / length, (y - y0) / length];
  const back = [x - dx * HEAD.length, y - dy * HEAD.length];
  const side = [(-dy * HEAD.width) / 2, (dx * HEAD.width) / 2];
  setPoints(polygon, [[x, y], [back[0] + side[0], back[1] + side[1]], [back[0] - side[0], back[1] - side[1]]]);
}

// The ends of a wire move with their boxes, the corners between them on their own.
function moveWire(group, boxes, opened, { dx, dy, axis, wide, high, old, enters }) {
  const points = wirePoints(group);
  const last = points.length - 1;
  const moved = points.map(([x, y]) => [x + dx(x), y + dy(y)]);
  for (const at of [0, last]) {
    const [x, y] = points[at];
    const owner = boxes.find(({ place }) => x > place.x - 1 && x < place.right + 1 && y > place.y - 1 && y < place.bottom + 1);
    if (!owner) continue;
    if (owner.group !== opened) moved[at] = [x + owner.dx, y + owner.dy];
    else if (isClose(y, old.bottom)) moved[at] = [x, old.y + high];
    else if (isClose(x, old.x)) moved[at] = [old.middle - axis, y];
    else if (isClose(x, old.right)) moved[at] = [old.middle - axis + wide, y];
    else moved[at] = [x, y];
  }
  if (last === 1 && isClose(points[0][1], points[1][1])) {
    const within = moved.map(([, y]) => y).find((y) => y > old.y && y < old.y + high);
    if (within) moved[0][1] = moved[1][1] = moved[sourceIsOpened(points, old) ? 1 : 0][1];
  }
  if (last > 1) {
    for (const [end, next] of [[0, 1], [last, last - 1]]) {
      const axisKept = isClose(points[end][0], points[next][0]) ? 0 : 1;
      moved[next][axisKept] = moved[end][axisKept];
    }
  }
  const head = group.querySelector("polygon");
  const [x, y] = points[last];
  const endsInside = enters && isClose(y, old.y) && isClose(x, old.middle);
  if (head && endsInside) head.remove();
  else if (head) setHead(head, moved);
  setPath(group.querySelector("path"), moved, Boolean(head) && !endsInside);
}
