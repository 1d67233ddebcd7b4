// The network of items: which stand on the two sides of the first rules that pass.

const NETWORK_RULES = 60;
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Items and the arrows between them; an arrow keeps its best rule. */
function networkOf(rows) {
  const [left, right, weight] = report.network.map((key) => columns.get(key));
  const nodes = new Map();
  const edges = new Map();
  const node = (item) => {
    if (!nodes.has(item)) nodes.set(item, { item, rules: 0, x: 0, y: 0 });
    return nodes.get(item);
  };
  for (const row of rows) {
    for (const item of [...left.values[row], ...right.values[row]]) node(item).rules++;
    for (const from of left.values[row]) {
      for (const to of right.values[row]) {
        const key = `${from} ${to}`;
        const value = weight.values[row];
        const edge = edges.get(key);
        if (!edge || edge.weight < value) {
          edges.set(key, { from: node(from), to: node(to), weight: value, row });
        }
      }
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/**
 * Places for the nodes, the same for the same rules: springs along the arrows, repulsion between
 * all, in a box of this size; then labels are moved apart.
 */
function layOut(nodes, edges, width, height) {
  const count = nodes.length;
  const ideal = Math.sqrt((width * height) / count) * 0.62;
  nodes.forEach((node, i) => {
    const angle = i * 2.399963; // the golden angle: even, and no two in one place
    const far = Math.sqrt((i + 0.5) / count) * 0.45;
    node.x = width * (0.5 + far * Math.cos(angle));
    node.y = height * (0.5 + far * Math.sin(angle));
  });
  for (let round = 0; round < 300; round++) {
    const heat = ideal * 0.5 * (1 - round / 300);
    for (const node of nodes) {
      node.dx = (width / 2 - node.x) * 0.12;
      node.dy = (height / 2 - node.y) * 0.12;
    }
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const [a, b] = [nodes[i], nodes[j]];
        const [x, y] = [a.x - b.x, a.y - b.y];
        const far = x * x + y * y;
        if (far > 9 * ideal * ideal) continue; // parts without a rule between them stay near
        const push = (ideal * ideal) / Math.max(far, 25);
        a.dx += x * push; a.dy += y * push;
        b.dx -= x * push; b.dy -= y * push;
      }
    }
    for (const { from, to } of edges) {
      const [x, y] = [from.x - to.x, from.y - to.y];
      const pull = Math.hypot(x, y) / ideal / 2;
      from.dx -= x * pull; from.dy -= y * pull;
      to.dx += x * pull; to.dy += y * pull;
    }
    for (const node of nodes) {
      const size = Math.hypot(node.dx, node.dy) || 1;
      const step = Math.min(size, heat) / size;
      node.x += node.dx * step;
      node.y += node.dy * step;
    }
  }
  fill(nodes, "x", 34, width - 34);
  fill(nodes, "y", 18, height - 26);
  for (let round = 0; round < 80; round++) {
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const [a, b] = [nodes[i], nodes[j]];
        const [x, y] = [a.x - b.x, a.y - b.y];
        const [over, under] = [62 - Math.abs(x), 36 - Math.abs(y)];
        if (over <= 0 || under <= 0) continue;
        if (over < under) {
          a.x += (x < 0 ? -over : over) / 4; b.x -= (x < 0 ? -over : over) / 4;
        } else {
          a.y += (y < 0 ? -under : under) / 4; b.y -= (y < 0 ? -under : under) / 4;
        }
      }
    }
    for (const node of nodes) {
      node.x = Math.min(Math.max(node.x, 34), width - 34);
      node.y = Math.min(Math.max(node.y, 18), height - 26);
    }
  }
}

/** Stretch the places along an axis over its room. */
function fill(nodes, axis, from, to) {
  const places = nodes.map((node) => node[axis]);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const wide = high - low;
  for (const node of nodes) {
    node[axis] = wide ? from + ((node[axis] - low) / wide) * (to - from) : (from + to) / 2;
  }
}

function drawNetwork() {
  if (!report.network) return;
  const plot = $("network-plot");
  const { width, height } = plot.getBoundingClientRect();
  const rows = state.order.subarray(0, width < 500 ? NETWORK_RULES / 3 : NETWORK_RULES);
  const { nodes, edges } = networkOf(rows);
  $("network-note").textContent = rows.length < state.order.length
    ? `of the first ${rows.length.toLocaleString("en")} rules in the table`
    : `of ${rows.length.toLocaleString("en")} rules`;
  layOut(nodes, edges, width, height);
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Network of items",
  });
  const tip = svg("marker", {
    id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
    orient: "auto-start-reverse", markerUnits: "userSpaceOnUse", class: "tip-of-arrow",
  });
  tip.append(svg("path", { d: "M0 0L8 4L0 8z" }));
  root.append(tip);
  const both = new Set(edges.map(({ from, to }) => `${from.item} ${to.item}`));
  const strongest = Math.max(...edges.map((edge) => edge.weight).filter(Number.isFinite), 1);
  const radius = (node) => 4 + 1.8 * Math.sqrt(node.rules);
  for (const edge of edges) {
    const { from, to } = edge;
    const [x, y] = [to.x - from.x, to.y - from.y];
    const far = Math.hypot(x, y) || 1;
    // two arrows between the same items bend to their sides
    const bend = both.has(`${to.item} ${from.item}`) ? 9 : 0;
    const [mx, my] = [(from.x + to.x) / 2 - (y / far) * bend, (from.y + to.y) / 2 + (x / far) * bend];
    const cut = radius(to) + 2;
    const line = svg("path", {
      d: `M${from.x} ${from.y}Q${mx} ${my} ${to.x - (x / far) * cut} ${to.y - (y / far) * cut}`,
      class: "edge", "marker-end": "url(#arrow)",
      "stroke-width": 0.8 + 2.4 * Math.min(edge.weight / strongest, 1),
    });
    edge.element = line;
    line.addEventListener("pointerenter", (event) => hover(edge.row, event.clientX, event.clientY));
    line.addEventListener("pointerleave", () => hover(-1));
    line.addEventListener("click", () => {
      select(edge.row);
      showRow(edge.row);
    });
    root.append(line);
  }
  for (const node of nodes) {
    const name = report.items[node.item];
    const group = svg("g", {
      class: "node", tabindex: 0, role: "button", transform: `translate(${node.x} ${node.y})`,
      "aria-label": `${name}: in ${node.rules} of these rules; search for it`,
    });
    const text = svg("text", { y: radius(node) + 13, lang: "zh" });
    text.textContent = Array.from(name).length > 10 ? `${Array.from(name).slice(0, 9).join("")}…` : name;
    group.append(svg("circle", { r: radius(node) }), text);
    const near = (on) => {
      root.classList.toggle("looking", on);
      group.classList.toggle("near", on);
      for (const edge of edges) {
        if (edge.from !== node && edge.to !== node) continue;
        edge.element.classList.toggle("near", on);
        for (const end of [edge.from, edge.to]) end.element.classList.toggle("near", on);
      }
    };
    node.element = group;
    group.addEventListener("pointerenter", () => near(true));
    group.addEventListener("pointerleave", () => near(false));
    group.addEventListener("focus", () => near(true));
    group.addEventListener("blur", () => near(false));
    const find = () => {
      $("search").value = name;
      $("search").dispatchEvent(new Event("input"));
    };
    group.addEventListener("click", find);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        find();
      }
    });
    root.append(group);
  }
  plot.replaceChildren(root);
}
