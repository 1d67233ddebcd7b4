// Histograms with their thresholds, the scatter plot, and what is told of a row.

const $ = (id) => document.getElementById(id);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A canvas as sharp as the screen; returns what draws on it and its size in CSS pixels. */
function prepared(canvas) {
  const { width, height } = canvas.parentElement.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return { pen, width, height };
}

// --- histograms

const EDGE = 9; // half a handle of a slider: its way begins and ends there
const STEPS = 1000;
const histograms = [];

function makeHistograms() {
  for (const threshold of state.thresholds) {
    const column = columns.get(threshold.column);
    const { scale } = column;
    // one bar for every number, where there are few
    const whole = column.kind === "integer" && scale.high - scale.low < 30 && !scale.log;
    const bins = whole ? scale.high - scale.low + 1 : 40;
    const place = (value) => (whole ? (value - scale.low + 0.5) / bins : scale.place(value));
    const bin = new Int16Array(report.rows).fill(-1);
    column.values.forEach((value, row) => {
      if (!Number.isNaN(value)) bin[row] = Math.min(Math.floor(place(value) * bins), bins - 1);
    });

    const figure = make("figure", "histogram");
    const sign = threshold.side === "least" ? "≥" : "≤";
    const caption = make("figcaption");
    const label = make("label", "", `${column.label} ${sign} `);
    const field = make("input");
    field.type = "number";
    field.step = column.kind === "integer" ? "1" : "any";
    field.placeholder = "any";
    field.id = `field-${threshold.column}`;
    field.dataset.column = threshold.column;
    label.htmlFor = field.id;
    label.title = column.help;
    caption.append(label, field);
    const plot = make("div", "plot");
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Histogram of ${column.label}`);
    plot.append(canvas);
    const slider = make("input");
    slider.type = "range";
    slider.min = 0;
    slider.max = STEPS;
    slider.step = 1;
    slider.dataset.column = threshold.column;
    slider.setAttribute("aria-label", `${column.label}, ${threshold.side === "least" ? "at least" : "at most"}`);
    figure.append(caption, plot, slider);
    $("histograms").append(figure);

    const one = { threshold, column, bins, bin, place, canvas, slider, field };
    const off = threshold.side === "least" ? 0 : STEPS;
    slider.addEventListener("input", () => {
      const at = Number(slider.value);
      moved(one, at === off ? null : valueAt(one, at / STEPS), slider);
    });
    field.addEventListener("input", () => {
      const value = field.value === "" ? null : Number(field.value);
      if (value === null || Number.isFinite(value)) moved(one, value, field);
    });
    histograms.push(one);
    showThreshold(one, null);
  }
  $("thresholds").hidden = !histograms.length;
}

/** A round value at a place of the slider. */
function valueAt({ column, bins }, t) {
  const { scale } = column;
  const whole = column.kind === "integer" && bins === scale.high - scale.low + 1;
  const value = whole ? scale.low + t * bins - 0.5 : scale.value(t);
  return column.kind === "integer" ? Math.round(value) : Number(value.toPrecision(3));
}

function moved(one, value, by) {
  one.threshold.value = value;
  showThreshold(one, by);
  changed();
}

/** Bring slider and field to the threshold, except the one that is being used. */
function showThreshold(one, by) {
  const { threshold, slider, field, place } = one;
  const { value } = threshold;
  if (slider !== by) {
    const off = threshold.side === "least" ? 0 : STEPS;
    slider.value = value === null ? off : Math.round(Math.min(Math.max(place(value), 0), 1) * STEPS);
  }
  if (field !== by) field.value = value === null ? "" : short(value);
  slider.setAttribute("aria-valuetext", value === null ? "any" : short(value));
}

function drawHistograms() {
  const [faint, accent, muted, mark] = ["faint", "accent", "muted", "mark"].map(colour);
  for (const { threshold, bins, bin, place, canvas } of histograms) {
    const all = new Int32Array(bins);
    const kept = new Int32Array(bins);
    for (let row = 0; row < bin.length; row++) {
      if (bin[row] < 0) continue;
      all[bin[row]]++;
      kept[bin[row]] += state.passing[row];
    }
    const { pen, width, height } = prepared(canvas);
    const most = Math.max(1, ...all);
    const room = width - 2 * EDGE;
    const step = room / bins;
    // square roots: small bars stay visible beside large ones
    const tall = (count) => (count ? Math.max(Math.sqrt(count / most) * (height - 4), 1.5) : 0);
    for (let b = 0; b < bins; b++) {
      const x = EDGE + b * step;
      pen.fillStyle = faint;
      pen.fillRect(x, height - tall(all[b]), step - 1, tall(all[b]));
      pen.fillStyle = accent;
      pen.fillRect(x, height - tall(kept[b]), step - 1, tall(kept[b]));
    }
    const line = (value, dash) => {
      const x = EDGE + Math.min(Math.max(place(value), 0), 1) * room;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, height);
      pen.stroke();
    };
    pen.strokeStyle = muted;
    pen.lineWidth = 1;
    for (const fixed of threshold.marks) line(fixed, [3, 3]);
    if (threshold.first !== null && threshold.first !== threshold.value) line(threshold.first, [3, 3]);
    pen.strokeStyle = mark;
    pen.lineWidth = 2;
    if (threshold.value !== null) line(threshold.value, []);
  }
}

// --- scatter plot

const scatter = {
  ...report.scatter,
  box: null, // where the points are
  xs: new Float32Array(report.rows),
  ys: new Float32Array(report.rows),
  grid: new Map(), // rows by the squares their points are in
  picture: document.createElement("canvas"), // all but what the pointer does
  radius: () => 0, // of the point of a row
};
const SQUARE = 20;

function makeScatter() {
  for (const axis of ["x", "y"]) {
    const menu = $(`scatter-${axis}`);
    for (const column of numeric) {
      const option = make("option", "", column.label);
      option.value = column.key;
      option.selected = column.key === scatter[axis];
      menu.append(option);
    }
    menu.addEventListener("change", () => {
      scatter[axis] = menu.value;
      drawScatter();
    });
  }
  $("scatter-map").hidden = !report.map;
  $("scatter-map").addEventListener("click", () => {
    const [x, y] = onMap() ? [report.scatter.x, report.scatter.y] : report.map;
    [scatter.x, scatter.y] = [$("scatter-x").value, $("scatter-y").value] = [x, y];
    drawScatter();
  });
  $("scatter-size").textContent = columns.get(scatter.size).label;
  const canvas = $("scatter-plot");
  canvas.addEventListener("pointermove", (event) => {
    const row = rowAt(event);
    if (row !== state.hovered) hover(row, event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("click", (event) => {
    const row = rowAt(event);
    if (row >= 0) {
      select(row);
      showRow(row);
    }
  });
}

/** Whether the plot is the map. */
function onMap() {
  return Boolean(report.map) && scatter.x === report.map[0] && scatter.y === report.map[1];
}

/** The largest part of a box in which one unit is as long across as up. */
function evenBox(box, x, y) {
  const [wide, high] = [x, y].map(({ scale }) => scale.high - scale.low);
  const unit = Math.min((box.right - box.left) / wide, (box.bottom - box.top) / high);
  const [dx, dy] = [box.right - box.left - unit * wide, box.bottom - box.top - unit * high];
  return { left: box.left + dx / 2, right: box.right - dx / 2, top: box.top + dy / 2, bottom: box.bottom - dy / 2 };
}

function drawScatter() {
  const canvas = $("scatter-plot");
  const { pen, width, height } = prepared(canvas);
  const [x, y, size] = ["x", "y", "size"].map((axis) => columns.get(scatter[axis]));
  const mapped = onMap();
  const whole = { left: 46, top: 12, right: width - 14, bottom: height - 40 };
  const box = mapped ? evenBox({ left: 14, top: 14, right: width - 70, bottom: height - 14 }, x, y) : whole;
  scatter.box = box;
  $("scatter-map").setAttribute("aria-pressed", mapped);
  canvas.setAttribute("aria-label", `${report.noun}: ${x.label} across, ${y.label} up`);
  if (!mapped) drawAxes(pen, box, x, y); // places on a map have no numbers of their own

  const place = (column, value) => (Number.isNaN(value) ? 0 : column.scale.place(value));
  scatter.grid.clear();
  // smaller and paler points where there are many
  const [least, alpha] = report.rows > 3000 ? [1.5, 0.22] : [2.2, 0.6];
  const radius = (row) => least + 5.5 * place(size, size.values[row]) ** 1.5;
  for (let row = 0; row < report.rows; row++) {
    scatter.xs[row] = box.left + place(x, x.values[row]) * (box.right - box.left);
    scatter.ys[row] = box.bottom - place(y, y.values[row]) * (box.bottom - box.top);
  }
  const placed = (row) => !mapped || !Number.isNaN(x.values[row]);
  const dot = (row) => {
    const r = radius(row);
    if (r < 2) { // a small square is drawn several times as fast, and looks the same
      pen.fillRect(scatter.xs[row] - r, scatter.ys[row] - r, 2 * r, 2 * r);
      return;
    }
    pen.beginPath();
    pen.arc(scatter.xs[row], scatter.ys[row], r, 0, 2 * Math.PI);
    pen.fill();
  };
  pen.fillStyle = colour("faint");
  pen.globalAlpha = Math.min(2 * alpha, 1);
  for (let row = 0; row < report.rows; row++) if (!state.passing[row] && placed(row)) dot(row);
  pen.fillStyle = colour("accent");
  const [more, less] = [colour("accent"), colour("other")];
  const tint = scatter.tint && columns.get(scatter.tint).values;
  for (let row = report.rows - 1; row >= 0; row--) {
    if (!state.passing[row] || !placed(row)) continue;
    if (tint) pen.fillStyle = tint[row] < 0 ? less : more;
    pen.globalAlpha = Math.min(alpha + 0.5 * place(size, size.values[row]), 0.8);
    dot(row);
    const key = squareOf(scatter.xs[row], scatter.ys[row]);
    if (!scatter.grid.has(key)) scatter.grid.set(key, []);
    scatter.grid.get(key).push(row);
  }
  pen.globalAlpha = 1;
  drawThresholds(pen, box, x, y);
  if (!report.network) drawNames(pen, mapped ? { ...whole, top: 0, bottom: height } : whole, placed);
  const copy = scatter.picture.getContext("2d");
  [scatter.picture.width, scatter.picture.height] = [canvas.width, canvas.height];
  copy.drawImage(canvas, 0, 0);
  scatter.radius = radius;
  drawRings();
}

/** The plot as it was drawn last, with rings around the rows that are pointed at and chosen. */
function drawRings() {
  const pen = $("scatter-plot").getContext("2d");
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, scatter.picture.width, scatter.picture.height);
  pen.drawImage(scatter.picture, 0, 0);
  pen.restore();
  pen.strokeStyle = colour("mark");
  pen.lineWidth = 2;
  for (const row of new Set([state.selected, state.hovered])) {
    if (row < 0 || (onMap() && Number.isNaN(columns.get(scatter.x).values[row]))) continue;
    pen.beginPath();
    pen.arc(scatter.xs[row], scatter.ys[row], scatter.radius(row) + 3, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function drawAxes(pen, box, x, y) {
  pen.strokeStyle = colour("line");
  pen.fillStyle = colour("muted");
  pen.lineWidth = 1;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  let free = -Infinity; // labels that would run into each other are left out
  for (const value of x.scale.ticks(7)) {
    const at = Math.round(box.left + x.scale.place(value) * (box.right - box.left)) + 0.5;
    pen.beginPath();
    pen.moveTo(at, box.top);
    pen.lineTo(at, box.bottom);
    pen.stroke();
    const half = pen.measureText(marked(value)).width / 2;
    if (at - half < free) continue;
    pen.fillText(marked(value), at, box.bottom + 6);
    free = at + half + 8;
  }
  pen.fillText(x.label, (box.left + box.right) / 2, box.bottom + 23);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of y.scale.ticks(6)) {
    const at = Math.round(box.bottom - y.scale.place(value) * (box.bottom - box.top)) + 0.5;
    pen.beginPath();
    pen.moveTo(box.left, at);
    pen.lineTo(box.right, at);
    pen.stroke();
    pen.fillText(marked(value), box.left - 7, at);
  }
  pen.save();
  pen.translate(10, (box.top + box.bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(y.label, 0, 0);
  pen.restore();
}

/** A number beside an axis. */
function marked(value) {
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
}

function drawThresholds(pen, box, x, y) {
  pen.strokeStyle = colour("mark");
  pen.lineWidth = 1.5;
  pen.setLineDash([5, 4]);
  for (const { column, value } of state.thresholds) {
    if (value === null) continue;
    pen.beginPath();
    if (column === x.key) {
      const at = box.left + x.scale.place(value) * (box.right - box.left);
      pen.moveTo(at, box.top);
      pen.lineTo(at, box.bottom);
    } else if (column === y.key) {
      const at = box.bottom - y.scale.place(value) * (box.bottom - box.top);
      pen.moveTo(box.left, at);
      pen.lineTo(box.right, at);
    }
    pen.stroke();
  }
  pen.setLineDash([]);
}

/** Names beside the first points, where there is room for them. */
function drawNames(pen, box, placed) {
  pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  const taken = [];
  const most = Math.round((box.right - box.left) / 22);
  for (const row of namedRows()) {
    if (taken.length >= most) break;
    if (!placed(row)) continue;
    const name = nameOf(row);
    const wide = pen.measureText(name).width;
    const area = { left: scatter.xs[row] + 7, top: scatter.ys[row] - 9, wide, high: 18 };
    if (wide > 160 || area.left + wide > box.right || area.top < 0 || area.top + 18 > box.bottom) continue;
    const hit = (other) =>
      area.left < other.left + other.wide + 4 && other.left < area.left + wide + 4 &&
      area.top < other.top + other.high && other.top < area.top + area.high;
    if (taken.some(hit)) continue;
    taken.push(area);
    pen.strokeStyle = colour("card");
    pen.strokeText(name, area.left, scatter.ys[row]);
    pen.fillStyle = colour("ink");
    pen.fillText(name, area.left, scatter.ys[row]);
  }
}

/** Rows that get names, if there is room: the first ones, or the largest ones of both colours. */
function namedRows() {
  if (!scatter.tint) return state.order.subarray(0, 150);
  const { values } = columns.get(scatter.size);
  return state.order.slice().sort((a, b) => values[b] - values[a] || a - b).subarray(0, 150);
}

function squareOf(x, y) {
  return Math.floor(x / SQUARE) * 4096 + Math.floor(y / SQUARE);
}

/** The row of the nearest point, if there is one close to the pointer. */
function rowAt(event) {
  const area = event.target.getBoundingClientRect();
  const [x, y] = [event.clientX - area.left, event.clientY - area.top];
  let [best, least] = [-1, 144];
  for (let dx = -1; dx <= 1; dx++) {
    for (let dy = -1; dy <= 1; dy++) {
      for (const row of scatter.grid.get(squareOf(x + dx * SQUARE, y + dy * SQUARE)) ?? []) {
        const far = (scatter.xs[row] - x) ** 2 + (scatter.ys[row] - y) ** 2;
        if (far <= least) [best, least] = [row, far];
      }
    }
  }
  return best;
}

// --- what is told of a row

/** Name, values and contexts of a row, as elements. */
function told(row, most) {
  const parts = [make("p", "name", nameOf(row))];
  parts[0].lang = "zh";
  const list = make("dl", "values");
  for (const column of report.columns) {
    if (report.map?.includes(column.key)) continue; // said by the map
    if (column === named || column.kind === "items" || !(column.shown || numeric.includes(column))) continue;
    const text = textOf(column, row);
    if (text === "") continue;
    const pair = make("div");
    pair.append(make("dt", "", column.label), make("dd", "", text));
    list.append(pair);
  }
  parts.push(list);
  const near = (report.neighbours[row] ?? []).slice(0, most);
  if (near.length) {
    const words = make("p", "neighbours");
    words.append(make("span", "muted", "Nearest here:"));
    for (const [other, similarity] of near) {
      const button = make("button", "", nameOf(other));
      button.type = "button";
      button.lang = "zh";
      button.title = `similarity ${similarity.toFixed(3)}`;
      button.addEventListener("click", () => {
        select(other);
        showRow(other);
      });
      words.append(" ", button);
    }
    parts.push(words);
  }
  const contexts = (report.contexts[row] ?? []).slice(0, most);
  if (contexts.length) {
    const lines = make("ul", "contexts");
    lines.lang = "zh";
    for (const [left, word, right] of contexts) {
      const line = make("li");
      const before = make("span", "before"); // cut at its beginning: hence from right to left
      before.append(make("bdi", "", left));
      line.append(before, make("b", "", word), make("span", "", right));
      lines.append(line);
    }
    parts.push(lines);
  }
  return parts;
}

function hover(row, x = 0, y = 0) {
  state.hovered = row;
  const tip = $("tip");
  tip.hidden = row < 0;
  if (row >= 0) {
    tip.replaceChildren(...told(row, 3));
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - width - 8))}px`;
    tip.style.top = `${y + 14 + height > window.innerHeight ? Math.max(4, y - height - 10) : y + 14}px`;
  }
  later(drawRings);
}

function select(row) {
  state.selected = row;
  if (row < 0) {
    $("detail").replaceChildren(make("p", "muted", "Choose a point or a row to see its evidence."));
  } else {
    $("detail").replaceChildren(...told(row, 12));
  }
  later(drawRings);
  later(drawRows);
}
