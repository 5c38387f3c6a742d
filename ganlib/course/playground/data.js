// Points of the plane to learn from, and measures of how far G's points are from them.

import * as t from "./tape.js";

export const SPAN = 3; // half the side of the square that is shown
const SD = 0.08;

const ring = Array.from({ length: 8 }, (_, k) => [2 * Math.cos((k * Math.PI) / 4), 2 * Math.sin((k * Math.PI) / 4)]);
const grid = Array.from({ length: 25 }, (_, k) => [(k % 5) - 2, Math.floor(k / 5) - 2]);

// name -> the centers of its modes, or a curve: a function of one uniform number
const SHAPES = {
  line: { curve: (u) => [4 * u - 2, 2 * u - 1] },
  ring: { modes: ring },
  grid: { modes: grid },
  moons: {
    curve: (u) => {
      const a = 2 * Math.PI * u;
      return u < 0.5 ? [1.4 * Math.cos(a) - 0.7, 1.4 * Math.sin(a) - 0.35] : [0.7 + 1.4 * Math.cos(a), 0.35 + 1.4 * Math.sin(a)];
    },
  },
};
export const DATA = [...Object.keys(SHAPES), "drawn"];

// The centers of the modes, where there are any.
export function modesOf(name) {
  return SHAPES[name] ? SHAPES[name].modes || [] : [];
}

// sample(random, n) -> n points; drawn: the points that were drawn by hand.
export function sampler(name, drawn = []) {
  const place = (random) => {
    if (name === "drawn") return drawn.length ? drawn[Math.floor(random.uniform() * drawn.length)] : [0, 0];
    const { modes, curve } = SHAPES[name];
    return modes ? modes[Math.floor(random.uniform() * modes.length)] : curve(random.uniform());
  };
  return (random, n) => {
    const numbers = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      const [x, y] = place(random);
      numbers[2 * i] = x + SD * random.normal();
      numbers[2 * i + 1] = y + SD * random.normal();
    }
    return t.tensor(n, 2, numbers);
  };
}

// How many modes have at least a fifth of their fair share of the points within 3 standard deviations.
export function covered(points, modes) {
  const counts = modes.map(() => 0), n = points.rows;
  for (let i = 0; i < n; i++)
    modes.forEach(([x, y], k) => {
      if (Math.hypot(points.data[2 * i] - x, points.data[2 * i + 1] - y) <= 3 * SD) counts[k]++;
    });
  return counts.filter((count) => count >= n / modes.length / 5).length;
}

// Jensen-Shannon divergence, in nats, of two sets of points, from histograms on side x side cells; log 2 at most.
export function jsd(a, b, side = 24) {
  const p = histogram(a, side), q = histogram(b, side);
  const kl = (r, m) => r.reduce((sum, x, i) => (x > 0 ? sum + x * Math.log(x / m[i]) : sum), 0);
  const middle = p.map((x, i) => (x + q[i]) / 2);
  return (kl(p, middle) + kl(q, middle)) / 2;
}

function histogram(points, side) {
  const cells = new Float64Array(side * side), cell = (x) => Math.min(side - 1, Math.max(0, Math.floor(((x / SPAN + 1) / 2) * side)));
  for (let i = 0; i < points.rows; i++) cells[cell(points.data[2 * i]) + side * cell(points.data[2 * i + 1])] += 1 / points.rows;
  return cells;
}

// Wasserstein-1 distance of two equally large sets of points: the mean length of the best matching (Hungarian algorithm).
export function w1(a, b) {
  const n = a.rows, far = Infinity;
  const cost = (i, j) => Math.hypot(a.data[2 * i] - b.data[2 * j], a.data[2 * i + 1] - b.data[2 * j + 1]);
  const u = new Float64Array(n + 1), v = new Float64Array(n + 1), row = new Int32Array(n + 1), way = new Int32Array(n + 1);
  for (let i = 1; i <= n; i++) {
    row[0] = i;
    let j0 = 0;
    const least = new Float64Array(n + 1).fill(far), used = new Uint8Array(n + 1);
    do {
      used[j0] = 1;
      const i0 = row[j0];
      let delta = far, j1 = 0;
      for (let j = 1; j <= n; j++) {
        if (used[j]) continue;
        const slack = cost(i0 - 1, j - 1) - u[i0] - v[j];
        if (slack < least[j]) { least[j] = slack; way[j] = j0; }
        if (least[j] < delta) { delta = least[j]; j1 = j; }
      }
      for (let j = 0; j <= n; j++) {
        if (used[j]) { u[row[j]] += delta; v[j] -= delta; } else least[j] -= delta;
      }
      j0 = j1;
    } while (row[j0] !== 0);
    do { const j1 = way[j0]; row[j0] = row[j1]; j0 = j1; } while (j0);
  }
  let total = 0;
  for (let j = 1; j <= n; j++) total += cost(row[j] - 1, j - 1);
  return total / n;
}
