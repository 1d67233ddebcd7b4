"use strict";

// The data of the page and what is asked of it: which rows pass, in which order. Text is put into
// the page by textContent only, here and everywhere.

const report = JSON.parse(document.getElementById("data").textContent);
const columns = new Map(report.columns.map((column) => [column.key, column]));
const numeric = report.columns.filter((c) => c.kind === "integer" || c.kind === "number");

for (const column of numeric) {
  column.values = Float64Array.from(column.values, (value) =>
    value === null ? NaN : value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);
  column.scale = makeScale(column, "none"); // of axes: what there is
  column.barScale = makeScale(column, column.bar);
}

const named = report.columns[0]; // the column that names the rows

const state = {
  query: "",
  sort: { key: null, down: false }, // null: as they came, best first
  thresholds: report.thresholds.map((t) => ({ ...t, first: t.value })),
  passing: new Uint8Array(report.rows),
  order: new Int32Array(0), // the rows that pass, as the table shows them
  selected: -1,
  hovered: -1,
};

/** What maps the values of a column to 0..1 and back; bars begin at zero. */
function makeScale(column, bar) {
  let low = Infinity;
  let high = -Infinity;
  let positive = Infinity;
  for (const value of column.values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    if (value > 0 && value < positive) positive = value;
  }
  if (low > high) low = high = 0;
  const log = column.log && low >= 0 && positive < Infinity;
  if (log) low = positive;
  if (bar === "unit") [low, high] = [0, 1];
  if (bar === "length" && !log) low = Math.min(0, high);
  if (bar === "both") [low, high] = [-Math.max(-low, high), Math.max(-low, high)];
  if (low === high) high = low + (log ? low : 1);
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const place = (value) => {
    const t = ((log ? Math.log(Math.max(value, low)) : value) - from) / (to - from);
    return Math.min(Math.max(t, 0), 1);
  };
  const value = (t) => (log ? Math.exp(from + t * (to - from)) : from + t * (to - from));
  return { low, high, log, place, value, ticks: (room) => ticks(low, high, log, room) };
}

function ticks(low, high, log, room) {
  const found = [];
  if (log) {
    const decades = Math.log10(high / low);
    const steps = decades < 1.2 ? [1, 2, 3, 5] : decades < room / 2 ? [1, 3] : [1];
    const skip = Math.max(1, Math.ceil(decades / room));
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += skip) {
      for (const step of steps) {
        const value = step * 10 ** power;
        if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
      }
    }
    return found;
  }
  const rough = (high - low) / room;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((m) => unit * m >= rough * 0.999);
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    found.push(n === 0 ? 0 : n * step);
  }
  return found;
}

/** A number for people. */
function shown(value, column) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text;
  if (column.bar === "unit") {
    text = value.toFixed(3);
  } else if (column.kind === "integer" || (size >= 1000 && size < 1e9)) {
    text = Math.round(value).toLocaleString("en");
  } else if (size !== 0 && (size < 0.001 || size >= 1e9)) {
    text = value.toExponential(1);
  } else {
    text = value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  }
  return text.replace("-", "−");
}

/** A number as short as it can be, for axes and fields. */
function short(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "";
}

/** What a column says of a row, as text. */
function textOf(column, row) {
  const value = column.values[row];
  switch (column.kind) {
    case "items":
      return value.map((item) => report.items[item]).join(", ");
    case "split": {
      const letters = Array.from(named.values[row]);
      return value ? `${letters.slice(0, value).join("")}|${letters.slice(value).join("")}` : "";
    }
    case "text":
      return value;
    default:
      return shown(value, column);
  }
}

/** The name of a row: a word, or both sides of a rule. */
function nameOf(row) {
  return report.network
    ? `${textOf(columns.get(report.network[0]), row)} → ${textOf(columns.get(report.network[1]), row)}`
    : textOf(named, row);
}

const searched = (() => {
  const wanted = report.columns.filter((c) => c.kind === "text" || c.kind === "items");
  let texts = null; // made when something is searched for the first time
  return (row) => {
    if (texts === null) texts = new Array(report.rows);
    return (texts[row] ??= wanted.map((c) => textOf(c, row)).join("\n").toLowerCase());
  };
})();

/** Find again which rows pass, and sort them. */
function choose() {
  const { passing } = state;
  passing.fill(1);
  for (const { column, value, side } of state.thresholds) {
    if (value === null) continue;
    const { values } = columns.get(column);
    for (let row = 0; row < passing.length; row++) {
      // what is not known passes, as on the command line
      if (side === "least" ? values[row] < value : values[row] > value) passing[row] = 0;
    }
  }
  const query = state.query.trim().toLowerCase();
  if (query) {
    for (let row = 0; row < passing.length; row++) {
      if (passing[row] && !searched(row).includes(query)) passing[row] = 0;
    }
  }
  const rows = [];
  for (let row = 0; row < passing.length; row++) if (passing[row]) rows.push(row);
  state.order = sorted(Int32Array.from(rows));
}

function sorted(rows) {
  const { key, down } = state.sort;
  if (key === null) return down ? rows.reverse() : rows;
  const column = columns.get(key);
  const sign = down ? -1 : 1;
  if (numeric.includes(column)) {
    const { values } = column;
    return rows.sort((a, b) => {
      const [x, y] = [values[a], values[b]];
      if (x === y) return a - b;
      // what is not known comes last, whatever the direction
      if (Number.isNaN(x)) return Number.isNaN(y) ? a - b : 1;
      if (Number.isNaN(y)) return -1;
      return x < y ? -sign : sign;
    });
  }
  const texts = new Map();
  for (const row of rows) texts.set(row, textOf(column, row));
  return rows.sort((a, b) => {
    const [x, y] = [texts.get(a), texts.get(b)];
    return x === y ? a - b : x < y ? -sign : sign;
  });
}

/** A new element with a class and text. */
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
