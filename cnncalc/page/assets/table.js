// A table that sorts and filters. Its rows are numbers, which the columns turn into cells.

const MOST_ROWS = 1000;

// A column: `title`; `text(row)`; for numbers `value(row)`, for bars also `most`; `cell(row)` for other content.
function sortedTable({ caption, rows, columns, filter, totals, marked, initial }) {
  let order = initial || null;
  let wanted = "";
  let all = false;
  const status = el("p", { class: "muted", role: "status" });
  const head = el("tr");
  const body = el("tbody");
  const foot = el("tfoot");
  const table = el("table", { class: "data" }, el("caption", { class: "hidden" }, caption), el("thead", {}, head), body, foot);
  const lines = new Map();

  columns.forEach((column, at) => {
    const sort = button(column.title, () => {
      const isNew = !order || order.at !== at;
      if (isNew) order = { at, down: Boolean(column.value) };
      else if (order.down === Boolean(column.value)) order.down = !order.down;
      else order = null;
      draw();
    });
    head.append(el("th", { scope: "col", class: column.value ? "number" : "" }, sort));
  });

  function line(row) {
    if (!lines.has(row)) {
      const cells = columns.map((column, at) => {
        const tag = at === 0 ? "th" : "td";
        const content = column.cell ? column.cell(row) : column.text(row);
        const cell = el(tag, { class: column.value ? "number" : "", scope: at === 0 ? "row" : null }, content);
        if (column.most) {
          const bar = el("span", { class: "bar", "aria-hidden": "true" });
          bar.style.width = `${(100 * Number(column.value(row))) / column.most}%`;
          cell.append(bar);
        }
        return cell;
      });
      lines.set(row, el("tr", { "data-row": row }, cells));
    }
    return lines.get(row);
  }

  function shown() {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => {
      const text = columns.map((column) => column.text(row)).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    if (!order) return found;
    const column = columns[order.at];
    const sign = order.down ? -1 : 1;
    const compare = column.value
      ? (a, b) => Number(column.value(a)) - Number(column.value(b))
      : (a, b) => column.text(a).localeCompare(column.text(b), "en", { numeric: true });
    return found.sort((a, b) => sign * compare(a, b) || a - b);
  }

  function draw() {
    const found = shown();
    const visible = all ? found : found.slice(0, MOST_ROWS);
    body.replaceChildren(...visible.map(line));
    [...head.children].forEach((cell, at) => {
      if (order && order.at === at) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    foot.replaceChildren();
    if (totals) foot.append(totals(found));
    status.replaceChildren(found.length < rows.length ? `${count(found.length)} of ${count(rows.length)}` : "");
    if (visible.length < found.length) {
      status.replaceChildren(`${count(visible.length)} of ${count(found.length)} rows `, button("show all", () => { all = true; draw(); }));
    }
  }

  const parts = [];
  if (filter) {
    const input = el("input", { type: "search", placeholder: filter, "aria-label": filter, spellcheck: "false" });
    input.addEventListener("input", () => { wanted = input.value; draw(); });
    parts.push(el("div", { class: "tools" }, input, status));
  } else parts.push(status);
  draw();
  const scroll = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table);
  return {
    node: el("div", {}, parts, scroll),
    mark(chosen) {
      for (const [row, tr] of lines) tr.classList.toggle("chosen", chosen.has(row));
    },
  };
}
