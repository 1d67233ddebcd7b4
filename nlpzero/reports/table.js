// The table: only the rows that can be seen are elements.

const ROW = 34; // pixels, as in the style sheet
const table = { columns: report.columns.filter((column) => column.shown), first: -1, last: -1 };

function makeTable() {
  const head = $("table").tHead.rows[0];
  const group = $("table").querySelector("colgroup");
  const add = (key, label, kind, help) => {
    const cell = make("th", kind);
    cell.scope = "col";
    const button = make("button", "", label);
    button.type = "button";
    button.dataset.key = key ?? "";
    if (help) button.title = help;
    button.append(make("span", "arrow"));
    button.firstChild.after(" ");
    button.addEventListener("click", () => sortBy(key, kind));
    cell.append(button);
    head.append(cell);
    group.append(make("col", kind));
  };
  add(null, "#", "rank", "The order of the result");
  for (const column of table.columns) add(column.key, column.label, column.kind, column.help);
  $("table").setAttribute("aria-colcount", table.columns.length + 1);
  $("scroller").addEventListener("scroll", () => later(drawRows), { passive: true });
}

/** Numbers begin with the largest, texts with the smallest; once more turns the order round. */
function sortBy(key, kind) {
  const { sort } = state;
  const down = kind === "integer" || kind === "number";
  state.sort = { key, down: sort.key === key ? !sort.down : down };
  $("scroller").scrollTop = 0;
  changed();
}

function drawTable() {
  const buttons = $("table").tHead.querySelectorAll("button");
  for (const button of buttons) {
    const here = (button.dataset.key || null) === state.sort.key;
    const way = state.sort.down ? "descending" : "ascending";
    button.parentElement.setAttribute("aria-sort", here ? way : "none");
    button.lastChild.textContent = here ? (state.sort.down ? "▼" : "▲") : "";
  }
  $("table").setAttribute("aria-rowcount", state.order.length + 1);
  table.first = -1; // all rows are drawn again
  drawRows();
}

function drawRows() {
  const scroller = $("scroller");
  const count = state.order.length;
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - 8);
  const last = Math.min(count, first + Math.ceil(scroller.clientHeight / ROW) + 16);
  const focused = document.activeElement?.closest?.("tbody tr")?.dataset.row;
  const rows = [];
  if (first > 0) rows.push(spacer(first));
  for (let place = first; place < last; place++) rows.push(rowOf(place));
  if (last < count) rows.push(spacer(count - last));
  if (!count) {
    const row = make("tr", "nothing");
    const cell = make("td", "", `No ${report.noun} pass; loosen a threshold or the search.`);
    cell.colSpan = table.columns.length + 1;
    row.append(cell);
    rows.push(row);
  }
  $("table").tBodies[0].replaceChildren(...rows);
  if (focused !== undefined) {
    $("table").querySelector(`tr[data-row="${focused}"] button`)?.focus({ preventScroll: true });
  }
}

function spacer(rows) {
  const row = make("tr", "spacer");
  row.setAttribute("aria-hidden", "true");
  row.style.height = `${rows * ROW}px`;
  return row;
}

function rowOf(place) {
  const row = state.order[place];
  const element = make("tr", row === state.selected ? "selected" : "");
  element.dataset.row = row;
  element.setAttribute("aria-rowindex", place + 2);
  element.append(make("td", "rank", (row + 1).toLocaleString("en")));
  for (const column of table.columns) {
    const cell = make("td", column.kind);
    if (column === named) {
      const button = make("button", "name");
      button.type = "button";
      button.append(...textParts(column, row));
      cell.append(button);
    } else if (numeric.includes(column)) {
      if (column.bar !== "none") cell.append(barOf(column, column.values[row]));
      cell.append(make("span", "", shown(column.values[row], column)));
    } else {
      cell.append(...textParts(column, row));
    }
    if (!numeric.includes(column)) cell.lang = "zh";
    element.append(cell);
  }
  element.addEventListener("click", () => select(row === state.selected ? -1 : row));
  return element;
}

function textParts(column, row) {
  if (column.kind === "items") {
    return column.values[row].map((item) => make("span", "item", report.items[item]));
  }
  return [document.createTextNode(textOf(column, row))];
}

function barOf(column, value) {
  const bar = make("i", column.bar === "both" ? "bar both" : "bar");
  if (Number.isNaN(value)) return bar;
  const t = column.barScale.place(value);
  let [from, to] = [0, value > 0 ? t : 0];
  if (column.bar === "both") [from, to] = [Math.min(t, 0.5), Math.max(t, 0.5)];
  if (column.barScale.log && value > 0) to = 0.03 + 0.97 * t; // the smallest one is seen, too
  if (value < 0) bar.classList.add("less");
  // of the cell without its padding
  bar.style.left = `calc(10px + (100% - 16px) * ${from})`;
  bar.style.width = `calc((100% - 16px) * ${to - from})`;
  return bar;
}

/** Scroll the table to a row. */
function showRow(row) {
  const place = state.order.indexOf(row);
  if (place < 0) return;
  const scroller = $("scroller");
  scroller.scrollTop = Math.max(0, place * ROW - scroller.clientHeight / 2);
  later(drawRows);
}

/** The rows that pass, as a table that spreadsheets and the command line read. */
function asTsv() {
  const clean = (text) =>
    text.replace(/[\\\t\n\r]/g, (c) => ({ "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" })[c]);
  const cell = (column, row) => {
    if (!numeric.includes(column)) return clean(textOf(column, row));
    const value = column.values[row];
    return Number.isNaN(value) ? "" : String(value).replace("Infinity", "inf");
  };
  const lines = [table.columns.map((column) => column.key).join("\t")];
  for (const row of state.order) lines.push(table.columns.map((c) => cell(c, row)).join("\t"));
  return `${lines.join("\n")}\n`;
}
