// Bars for each layer, in the order of the network, and the memory that is alive while each runs.

const STRIPS = [
  { key: "params", title: "Parameters", text: count, total: (totals) => totals.params },
  { key: "macs", title: "MACs", text: count, total: (totals) => totals.macs },
  { key: "output_bytes", title: "Memory of outputs", text: bytes, total: (totals) => totals.memory.activations },
  { key: "alive_bytes", title: "Memory over time", text: bytes, total: null, area: true },
];
const STRIP_HEIGHT = 84;

function profilePart(network, state) {
  const { layers } = network;
  const names = layers.name;
  const used = [...new Set(layers.family.filter((family, at) => Number(layers.params[at]) || Number(layers.macs[at]) || Number(layers.output_bytes[at])))];
  const legend = el("p", { class: "legend" }, used.map((family) => el("span", {}, el("span", { class: `swatch back-${family}` }), ` ${family}`)));
  const strips = STRIPS.map((strip) => drawStrip(strip));

  function drawStrip({ key, title, text, total, area }) {
    const values = layers[key].map(Number);
    const most = Math.max(...values, 0);
    const peak = values.indexOf(most);
    const svg = shape("svg", { class: "strip", viewBox: `0 0 ${names.length} ${STRIP_HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    const cursor = shape("rect", { class: "cursor", y: 0, width: 1, height: STRIP_HEIGHT });
    svg.append(cursor);
    if (area) svg.append(steps(values, most));
    else {
      values.forEach((value, at) => {
        if (!value) return;
        const height = Math.max((STRIP_HEIGHT * value) / most, 0.7);
        svg.append(shape("rect", { class: `c-bar-${layers.family[at]}`, x: at + 0.06, y: STRIP_HEIGHT - height, width: 0.88, height }));
      });
    }
    if (area && most) svg.append(shape("rect", { class: "peak", x: peak, y: 0, width: 1, height: STRIP_HEIGHT }));
    const readout = el("span", { class: "muted readout" });
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return Math.min(Math.max(Math.floor(((event.clientX - box.left) / box.width) * names.length), 0), names.length - 1);
    };
    svg.addEventListener("pointermove", (event) => { readout.textContent = says(place(event)); });
    svg.addEventListener("pointerleave", () => { readout.textContent = says(state.at()); });
    svg.addEventListener("click", (event) => state.select(names[place(event)]));

    function says(at) {
      if (at < 0) return "";
      const share = total ? ` (${percent(layers[key][at], total(network.totals))})` : "";
      return `${names[at]}: ${text(layers[key][at])}${share}`;
    }

    const order = values.map((_, at) => at).filter((at) => values[at]).sort((a, b) => values[b] - values[a]).slice(0, area ? 1 : 3);
    const largest = order.map((at) => button(says(at), () => state.select(names[at]), { class: "chip" }));
    svg.setAttribute("aria-label", `${title} of each layer. ${area ? "Peak" : "Largest"}: ${order.map(says).join("; ")}`);
    const sum = total ? ` · ${text(total(network.totals))}` : "";
    return {
      node: el("figure", { class: "profile" },
        el("figcaption", {}, el("strong", {}, title), el("span", { class: "muted" }, sum), readout),
        svg,
        el("p", { class: "chips" }, el("span", { class: "muted" }, order.length ? (area ? "peak" : "largest") : "none"), largest)),
      mark() {
        const at = state.at();
        cursor.setAttribute("x", at);
        cursor.setAttribute("visibility", at < 0 ? "hidden" : "visible");
        readout.textContent = says(at);
      },
    };
  }

  const mark = () => strips.forEach((strip) => strip.mark());
  mark();
  state.watch(mark);
  const about = el("p", { class: "muted" }, "Each bar is a layer, in the order of the network. Memory over time: all activations that are held while a layer runs at inference.");
  return section("Layer by layer", "part-profile", about, legend, strips.map((strip) => strip.node));
}

// The outline of values as steps down to the bottom.
function steps(values, most) {
  const y = (value) => STRIP_HEIGHT - (most ? (STRIP_HEIGHT * value) / most : 0);
  const path = values.map((value, at) => `L${at} ${y(value).toFixed(2)}H${at + 1}`).join("");
  return shape("path", { class: "area", d: `M0 ${STRIP_HEIGHT}${path}V${STRIP_HEIGHT}Z` });
}
