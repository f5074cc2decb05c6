// Starts the page: which view is open, and, where a server follows the file, what changes.

const main = document.getElementById("main");
const header = document.getElementById("header");
const open = { view: "", network: 0 };

function views(data) {
  const found = [];
  if (data.comparison) found.push(["comparison", "Comparison"]);
  if (data.difference) found.push(["difference", "Difference"]);
  if (data.networks.length) found.push(["network", "Network"]);
  return found;
}

function show(data, view, network) {
  const known = views(data).map(([name]) => name);
  open.view = known.includes(view) ? view : known[0] || "";
  open.network = Math.min(network, Math.max(data.networks.length - 1, 0));
  draw(data);
}

function draw(data) {
  const go = (view, network) => { show(data, view, network); window.scrollTo(0, 0); main.focus({ preventScroll: true }); };
  header.replaceChildren();
  if (data.networks.length > 1) {
    const nav = el("nav", { "aria-label": "Views" });
    for (const [name, title] of views(data)) {
      if (name === "network") {
        const words = data.networks.map((network, at) => [String(at), network.name]);
        const current = open.view === "network" ? String(open.network) : "";
        nav.append(choice("Network", current ? words : [["", "choose…"], ...words], current, (at) => at !== "" && go("network", Number(at))));
      } else nav.append(button(title, () => go(name, 0), { "aria-current": open.view === name ? "page" : null }));
    }
    header.append(nav);
  }
  const parts = { comparison: () => comparisonView(data, (at) => go("network", at)), difference: () => differenceView(data), network: () => networkView(data.networks[open.network]) };
  main.replaceChildren(...(open.view ? parts[open.view]() : []).filter(Boolean));
  showProblems(data);
}

function showProblems(data) {
  const place = document.getElementById("problems");
  place.hidden = !data.problems.length;
  place.replaceChildren();
  for (const { file, problems } of data.problems) {
    place.append(el("div", { class: "card problems" }, el("h2", {}, `${file}: ${plural(problems.length, "problem")}`), problems.map((problem) => problemText(problem, file))));
  }
  main.classList.toggle("stale", Boolean(data.problems.length && data.networks.length));
}

// Asks the server for the next version, which it sends when a file has changed.
async function follow(version) {
  const status = document.getElementById("status");
  for (let next = version; ;) {
    try {
      const answer = await fetch(`data?after=${next}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      if (data.version === next) continue;
      next = data.version;
      document.title = data.title;
      const top = window.scrollY;
      show(data, open.view, open.network);
      window.scrollTo(0, top);
      status.textContent = data.problems.length ? "The spec has errors; below are the last numbers without errors." : `Updated: version ${next}`;
    } catch (error) {
      status.textContent = "cnncalc view has ended; this page is no longer updated.";
      return;
    }
  }
}

const given = JSON.parse(document.getElementById("data").textContent);
show(given, "", 0);
if (document.body.dataset.live === "true") follow(given.version);
