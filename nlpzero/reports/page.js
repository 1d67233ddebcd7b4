// The page as a whole: what it says, and what follows when something is changed.

const waiting = new Set();

/** Do something once before the next picture, however often it is asked for. */
function later(work) {
  if (!waiting.size) {
    requestAnimationFrame(() => {
      const works = [...waiting];
      waiting.clear();
      for (const one of works) one();
    });
  }
  waiting.add(work);
}

function draw() {
  choose();
  const count = state.order.length.toLocaleString("en");
  const all = report.rows.toLocaleString("en");
  $("status").textContent = `${count} of ${all} ${report.noun}`;
  const same = state.thresholds.every((t) => t.value === t.first);
  $("reset").disabled = same && state.query === "" && state.sort.key === null && !state.sort.down;
  showCommand(same);
  drawTable();
  drawHistograms();
  drawScatter();
  drawNetwork();
}

/** Everything follows from the state. */
function changed() {
  later(draw);
}

/** The options that give these rows on the command line. */
function showCommand(same) {
  const options = state.thresholds
    .filter((t) => t.option && t.value !== null)
    .map((t) => `${t.option}${t.option.endsWith("=") ? "" : " "}${short(t.value)}`);
  const others = state.thresholds.filter((t) => !t.option && t.value !== t.first);
  const line = $("command");
  line.hidden = same || !options.length;
  if (line.hidden) return;
  line.replaceChildren(make("span", "muted", "On the command line: "), make("code", "", [...report.options, ...options].join(" ")));
  if (others.length) {
    const names = others.map((t) => columns.get(t.column).label).join(", ");
    line.append(make("span", "muted", ` (no option for: ${names})`));
  }
}

function reset() {
  state.query = $("search").value = "";
  state.sort = { key: null, down: false };
  $("scroller").scrollTop = 0;
  for (const one of histograms) {
    one.threshold.value = one.threshold.first;
    showThreshold(one, null);
  }
  changed();
}

function save() {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([asTsv()], { type: "text/tab-separated-values" }));
  link.download = `${report.noun.replace(/\W+/g, "-")}.tsv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function list(facts) {
  const found = make("dl");
  for (const [name, text] of facts) {
    const pair = make("div");
    pair.append(make("dt", "", name), make("dd", "", text));
    found.append(pair);
  }
  return found;
}

$("title").textContent = report.title;
$("source").textContent = report.source;
$("facts").replaceChildren(...list(report.facts).childNodes);
for (const [heading, facts] of report.details) {
  const part = make("div");
  part.append(make("h2", "", heading), list(facts));
  $("about").append(part);
}
const meanings = report.columns.filter((column) => column.help).map((c) => [c.label, c.help]);
if (meanings.length) {
  const part = make("div", "wide");
  part.append(make("h2", "", "What the columns mean"), list(meanings));
  $("about").append(part);
}
$("search").placeholder = `Search ${report.noun}`;
$("network").hidden = !report.network;
$("plots").classList.toggle("two", Boolean(report.network));
$("search").addEventListener("input", () => {
  state.query = $("search").value;
  $("scroller").scrollTop = 0;
  changed();
});
$("reset").addEventListener("click", reset);
$("save").addEventListener("click", save);
makeTable();
makeHistograms();
makeScatter();
select(-1);
draw();
window.addEventListener("resize", changed);
window.addEventListener("scroll", () => hover(-1), { passive: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
