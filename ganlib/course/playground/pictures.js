// What is drawn: D's field, G's grid, points, arrows, and the losses. Nothing here knows the page's controls.

import * as t from "./tape.js";
import { SPAN } from "./data.js";

const FIELD = 40; // cells of D's field, a side
const COLORS = { real: "#0072B2", fake: "#D55E00", penalty: "#009E73" };
const CURVES = { d_loss: [COLORS.real, []], g_loss: [COLORS.fake, [7, 4]], penalty: [COLORS.penalty, [2, 3]] };
// Where neither player is ahead: D answers "one half", or the same for real and fake.
const EVEN = {
  "non-saturating": { d_loss: [2 * Math.LN2, "2 log 2"], g_loss: [Math.LN2, "log 2"] },
  saturating: { d_loss: [2 * Math.LN2, "2 log 2"], g_loss: [-Math.LN2, "−log 2"] },
  relativistic: { d_loss: [Math.LN2, "log 2"] },
  wasserstein: { d_loss: [0, "0"] },
  hinge: { d_loss: [2, "2"] },
};

const small = Object.assign(document.createElement("canvas"), { width: FIELD, height: FIELD }).getContext("2d");
const stamps = new Map(); // a point drawn once and stamped often is five times as quick as a path for each

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
export const ink = (alpha) => (dark() ? `rgba(235, 235, 235, ${alpha})` : `rgba(20, 20, 20, ${alpha})`);
const paper = () => (dark() ? "#16181d" : "#ffffff");
export const toPlane = (size) => (x, y) => [((x / SPAN + 1) / 2) * size, ((1 - y / SPAN) / 2) * size];

// A canvas of as many pixels as the screen shows, empty.
export function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

const places = new Float64Array(2 * FIELD * FIELD);
for (let i = 0; i < FIELD * FIELD; i++) {
  places[2 * i] = (((i % FIELD) + 0.5) / FIELD) * 2 * SPAN - SPAN;
  places[2 * i + 1] = SPAN - ((Math.floor(i / FIELD) + 0.5) / FIELD) * 2 * SPAN;
}

// D's answer on FIELD x FIELD places, painted small and enlarged smoothly: blue for real, vermilion for fake.
export function drawField(context, size, game) {
  const logits = game.critic(new t.Tensor(FIELD * FIELD, 2, places)).data;
  const bounded = !["wasserstein", "hinge"].includes(game.options.loss), image = small.createImageData(FIELD, FIELD), pixels = image.data;
  let low = Infinity, high = -Infinity;
  for (const l of logits) { low = Math.min(low, l); high = Math.max(high, l); }
  for (let i = 0; i < FIELD * FIELD; i++) {
    const d = bounded ? 1 / (1 + Math.exp(-logits[i])) : (logits[i] - low) / (high - low || 1), real = d > 0.5;
    pixels[4 * i] = real ? 0 : 213;
    pixels[4 * i + 1] = real ? 114 : 94;
    pixels[4 * i + 2] = real ? 178 : 0;
    pixels[4 * i + 3] = 240 * Math.abs(d - 0.5);
  }
  small.putImageData(image, 0, 0);
  context.drawImage(small.canvas, 0, 0, size, size);
}

// The image of a square grid of latent points: how G folds the plane.
export function drawManifold(context, place, game) {
  const n = 17, latent = game.options.latent, numbers = new Float64Array(n * n * latent);
  for (let i = 0; i < n * n; i++) {
    numbers[i * latent] = ((i % n) / (n - 1)) * 4 - 2;
    if (latent > 1) numbers[i * latent + 1] = (Math.floor(i / n) / (n - 1)) * 4 - 2;
  }
  const image = game.G.forward(t.tensor(n * n, latent, numbers)).data;
  context.strokeStyle = ink(0.45);
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i < n * n; i++)
    for (const next of [i % n < n - 1 ? i + 1 : -1, latent > 1 && i + n < n * n ? i + n : -1])
      if (next > 0) {
        context.moveTo(...place(image[2 * i], image[2 * i + 1]));
        context.lineTo(...place(image[2 * next], image[2 * next + 1]));
      }
  context.stroke();
}

const SIDE = 12; // of a stamp

// A circle for real, a triangle for fake.
function stamp(kind) {
  const ratio = window.devicePixelRatio || 1, name = `${kind} ${paper()} ${ratio}`;
  if (stamps.has(name)) return stamps.get(name);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE * ratio, height: SIDE * ratio });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, (SIDE / 2) * ratio, (SIDE / 2) * ratio);
  context.fillStyle = COLORS[kind];
  context.strokeStyle = paper();
  context.lineWidth = 0.7;
  context.beginPath();
  if (kind === "fake") {
    context.moveTo(0, -5);
    context.lineTo(4.6, 3.6);
    context.lineTo(-4.6, 3.6);
    context.closePath();
  } else context.arc(0, 0, 3.8, 0, 7);
  context.fill();
  context.stroke();
  stamps.set(name, canvas);
  return canvas;
}

export function drawPoints(context, place, points, kind) {
  const image = stamp(kind);
  for (let i = 0; i < points.rows; i++) {
    const [x, y] = place(points.data[2 * i], points.data[2 * i + 1]);
    context.drawImage(image, x - SIDE / 2, y - SIDE / 2, SIDE, SIDE);
  }
}

// Where G's loss pulls each of 40 fakes: minus its gradient; shortened where it is long.
export function drawArrows(context, place, game, reals, fakes) {
  const some = t.tensor(40, 2, fakes.data.slice(0, 80)), real = t.tensor(40, 2, reals.data.slice(0, 80));
  const loss = t.scale(game.gTerms(real, some).g_loss, 40), [pull] = t.gradients(loss, [some]);
  context.strokeStyle = ink(0.9);
  context.lineWidth = 1.4;
  context.beginPath();
  for (let i = 0; i < 40; i++) {
    const [px, py] = [-pull.data[2 * i], -pull.data[2 * i + 1]], scale = 0.7 / (0.4 + Math.hypot(px, py));
    const [x0, y0] = [some.data[2 * i], some.data[2 * i + 1]], [x, y] = place(x0, y0);
    const [X, Y] = place(x0 + px * scale, y0 + py * scale), angle = Math.atan2(Y - y, X - x);
    context.moveTo(x, y);
    context.lineTo(X, Y);
    for (const turn of [2.6, -2.6]) {
      context.moveTo(X, Y);
      context.lineTo(X + 5 * Math.cos(angle + turn), Y + 5 * Math.sin(angle + turn));
    }
  }
  context.stroke();
}

// From where each fake came to where it went in G's half of a step.
export function drawTrails(context, place, before, after) {
  context.strokeStyle = COLORS.fake;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let i = 0; i < after.rows; i++) {
    context.moveTo(...place(before.data[2 * i], before.data[2 * i + 1]));
    context.lineTo(...place(after.data[2 * i], after.data[2 * i + 1]));
  }
  context.stroke();
}

export function drawCross(context, x, y) {
  context.strokeStyle = ink(0.9);
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 9, y);
  context.lineTo(x + 9, y);
  context.moveTo(x, y - 9);
  context.lineTo(x, y + 9);
  context.stroke();
}

// The last 600 steps; beside the curves, a thin line where neither player is ahead and what it is.
export function drawLosses(canvas, history, loss) {
  const [context, width, height] = prepare(canvas), rows = history.slice(-600);
  const names = Object.keys(rows.at(-1) || { d_loss: 0 }).filter((name) => name !== "step");
  const even = EVEN[loss], lines = names.filter((name) => even[name]);
  let low = Math.min(0, ...lines.map((name) => even[name][0])), high = Math.max(1.6, ...lines.map((name) => even[name][0]));
  for (const row of rows) for (const name of names) { low = Math.min(low, row[name]); high = Math.max(high, row[name]); }
  const left = 46, right = width - 62, bottom = height - 24;
  const X = (i) => left + (i / Math.max(rows.length - 1, 1)) * (right - left), Y = (v) => bottom - ((v - low) / (high - low)) * (bottom - 12);
  context.font = "15px system-ui, sans-serif";
  context.fillStyle = ink(0.85);
  for (const v of [low, high]) context.fillText(v.toFixed(1).replace("-", "−"), 4, Y(v) + 5);
  if (rows.length) {
    context.fillText(`${rows[0].step}`, left, height - 5);
    context.textAlign = "right";
    context.fillText(`step ${rows.at(-1).step}`, right, height - 5);
    context.textAlign = "left";
  }
  for (const name of names) {
    context.strokeStyle = CURVES[name][0];
    context.setLineDash(CURVES[name][1]);
    context.lineWidth = 2;
    context.beginPath();
    rows.forEach((row, i) => context.lineTo(X(i), Y(row[name])));
    context.stroke();
  }
  context.setLineDash([1, 3]);
  context.strokeStyle = ink(0.85);
  context.lineWidth = 1.2;
  const levels = lines.map((name) => Y(even[name][0]) + 5);
  if (levels.length > 1 && levels[1] - levels[0] < 16) { // too close for two lines of letters
    const middle = (levels[0] + levels[1]) / 2;
    [levels[0], levels[1]] = [middle - 8, middle + 8];
  }
  lines.forEach((name, i) => {
    context.beginPath();
    context.moveTo(left, Y(even[name][0]));
    context.lineTo(right, Y(even[name][0]));
    context.stroke();
    context.fillText(even[name][1], right + 6, levels[i]);
  });
  context.setLineDash([]);
}
