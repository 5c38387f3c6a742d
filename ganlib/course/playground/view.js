// The page: controls on the left, the plane in the middle, losses and measures on the right. The settings are the address.

import * as t from "./tape.js";
import { DEFAULTS, Game, LOSSES, PENALTIES, Random, inputGradient } from "./game.js";
import { DATA, SPAN, covered, jsd, modesOf, sampler, w1 } from "./data.js";

const KEPT = 400; // states that "back" can return to
const FIELD = 44; // cells of D's field, a side
const $ = (id) => document.getElementById(id);
const CHOICES = { data: DATA, loss: LOSSES, penalty: PENALTIES };
const NUMBERS = ["weight", "clip", "gRate", "dRate", "beta1", "dSteps", "batch", "latent", "width", "layers", "seed"];
const START = { ...DEFAULTS, data: "ring", ...(window.SCENE || {}) };
const LINES = { d_loss: [2 * Math.LN2, "2 log 2"], g_loss: [Math.LN2, "log 2"] }; // where the players are even

const small = Object.assign(document.createElement("canvas"), { width: FIELD, height: FIELD }).getContext("2d");
const state = { game: null, playing: false, kept: [], drawn: [], half: null, moved: null, cross: null, frame: 0, real: null, floor: null };

// --- settings, address ---

function settings() {
  const found = {};
  for (const name of Object.keys(CHOICES)) found[name] = $(name).value;
  for (const name of NUMBERS) found[name] = Number($(name).value);
  return found;
}

function show(values) {
  for (const [name, value] of Object.entries(values)) if ($(name)) $(name).value = value;
  for (const name of ["weight", "clip"]) $(name).closest("label").hidden = (name === "clip") !== ($("penalty").value === "clip");
  if ($("penalty").value === "none") $("weight").closest("label").hidden = true;
}

function fromAddress() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (given.drawn) state.drawn = given.drawn.split(";").map((pair) => pair.split(",").map(Number));
  return { ...START, ...given };
}

function address() {
  const values = settings(), parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (String(value) !== String({ ...DEFAULTS, data: "ring" }[name])) parts.set(name, value);
  if (values.data === "drawn") parts.set("drawn", state.drawn.map((p) => p.map((x) => x.toFixed(2)).join(",")).join(";"));
  return `#${parts}`;
}

// --- the game ---

function restart() {
  const values = settings();
  state.game = new Game(sampler(values.data, state.drawn), values);
  state.kept = [];
  state.half = state.moved = null;
  const random = new Random(999), draw = sampler(values.data, state.drawn);
  state.real = draw(random, 200);
  state.floor = { jsd: jsd(draw(random, 1500), draw(random, 1500)), w1: w1(draw(random, 80), draw(random, 80)) };
  state.z = random.matrix(200, values.latent);
  if (location.protocol !== "about:") history.replaceState(null, "", address());
  render(true);
}

function keep() {
  const { G, D, gAdam, dAdam, random, steps } = state.game, copy = (x) => Float64Array.from(x);
  state.kept.push({
    steps, random: random.state, weights: [...G.parameters, ...D.parameters].map((p) => copy(p.data)),
    moments: [gAdam, dAdam].map((adam) => [adam.steps, adam.first.map(copy), adam.second.map(copy)]),
  });
  if (state.kept.length > KEPT) state.kept.shift();
}

function back() {
  const last = state.kept.pop();
  if (!last) return;
  const { game } = state;
  [...game.G.parameters, ...game.D.parameters].forEach((p, i) => p.data.set(last.weights[i]));
  [game.gAdam, game.dAdam].forEach((adam, i) => ([adam.steps, adam.first, adam.second] = last.moments[i]));
  game.random.state = last.random;
  game.steps = last.steps;
  game.history = game.history.filter((row) => row.step <= last.steps);
  state.half = null;
  render(true);
}

function step() {
  state.moved = null;
  if (state.half) return secondHalf();
  keep();
  state.game.step();
}

// The two halves of a step, one at a time: first D learns, then G follows D's advice.
function firstHalf() {
  state.moved = null;
  keep();
  const { game } = state;
  let terms;
  for (let i = 0; i < game.options.dSteps; i++) terms = game.dStep(...game.drawBatch());
  state.half = terms;
}

function secondHalf() {
  const { game } = state, before = game.G.forward(state.z);
  const terms = { ...state.half, ...game.gStep() }, row = { step: game.steps };
  state.moved = before;
  for (const [name, term] of Object.entries(terms)) row[name] = term.value;
  game.history.push(row);
  state.half = null;
}

function halfStep() {
  state.playing = false;
  if (state.half) secondHalf();
  else firstHalf();
  render(true);
}

// --- pictures ---

function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio)) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

// D's answer on FIELD x FIELD places, painted small and enlarged smoothly: blue for real, vermilion for fake.
function drawField(context, size) {
  const points = new Float64Array(2 * FIELD * FIELD);
  for (let i = 0; i < FIELD * FIELD; i++) {
    points[2 * i] = (((i % FIELD) + 0.5) / FIELD) * 2 * SPAN - SPAN;
    points[2 * i + 1] = SPAN - ((Math.floor(i / FIELD) + 0.5) / FIELD) * 2 * SPAN;
  }
  const logits = state.game.critic(new t.Tensor(FIELD * FIELD, 2, points)).data;
  const bounded = !["wasserstein", "hinge"].includes(state.game.options.loss);
  let low = Infinity, high = -Infinity;
  for (const l of logits) { low = Math.min(low, l); high = Math.max(high, l); }
  const image = small.createImageData(FIELD, FIELD);
  for (let i = 0; i < FIELD * FIELD; i++) {
    const d = bounded ? 1 / (1 + Math.exp(-logits[i])) : (logits[i] - low) / (high - low || 1);
    image.data.set([...(d > 0.5 ? [0, 114, 178] : [213, 94, 0]), 255 * Math.abs(d - 0.5) * 0.95], 4 * i);
  }
  small.putImageData(image, 0, 0);
  context.drawImage(small.canvas, 0, 0, size, size);
}

// The image of a square grid of latent points: how G folds the plane.
function drawManifold(context, place) {
  const n = 17, latent = state.game.options.latent, numbers = new Float64Array(n * n * latent);
  for (let i = 0; i < n * n; i++) {
    numbers[i * latent] = ((i % n) / (n - 1)) * 4 - 2;
    if (latent > 1) numbers[i * latent + 1] = (Math.floor(i / n) / (n - 1)) * 4 - 2;
  }
  const image = state.game.G.forward(t.tensor(n * n, latent, numbers)).data;
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

function drawPoints(context, place, points, color, triangle) {
  context.fillStyle = color;
  context.strokeStyle = paper();
  context.lineWidth = 0.7;
  for (let i = 0; i < points.rows; i++) {
    const [x, y] = place(points.data[2 * i], points.data[2 * i + 1]);
    context.beginPath();
    if (triangle) {
      context.moveTo(x, y - 5);
      context.lineTo(x + 4.6, y + 3.6);
      context.lineTo(x - 4.6, y + 3.6);
      context.closePath();
    } else context.arc(x, y, 3.6, 0, 7);
    context.fill();
    context.stroke();
  }
}

// Where G's loss pulls each fake point: minus its gradient; half a unit long at most.
function drawArrows(context, place, fakes) {
  const { game } = state, some = t.tensor(40, 2, fakes.data.slice(0, 80));
  const real = t.tensor(40, 2, state.real.data.slice(0, 80));
  const loss = t.scale(game.gTerms(real, some).g_loss, 40), [pull] = t.gradients(loss, [some]);
  context.strokeStyle = ink(0.9);
  context.lineWidth = 1.4;
  context.beginPath();
  for (let i = 0; i < 40; i++) {
    const [px, py] = [-pull.data[2 * i], -pull.data[2 * i + 1]], size = Math.hypot(px, py), scale = 0.7 / (0.4 + size);
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
function drawTrails(context, place, before, after) {
  context.strokeStyle = "#D55E00";
  context.lineWidth = 1.5;
  context.beginPath();
  for (let i = 0; i < after.rows; i++) {
    context.moveTo(...place(before.data[2 * i], before.data[2 * i + 1]));
    context.lineTo(...place(after.data[2 * i], after.data[2 * i + 1]));
  }
  context.stroke();
}

function drawCross(context, x, y) {
  context.strokeStyle = ink(0.9);
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 9, y);
  context.lineTo(x + 9, y);
  context.moveTo(x, y - 9);
  context.lineTo(x, y + 9);
  context.stroke();
}

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const ink = (alpha) => (dark() ? `rgba(235, 235, 235, ${alpha})` : `rgba(20, 20, 20, ${alpha})`);
const paper = () => (dark() ? "#16181d" : "#ffffff");

function drawPlane(fakes) {
  const [context, width, height] = prepare($("plane")), size = Math.min(width, height);
  const place = (x, y) => [((x / SPAN + 1) / 2) * size, ((1 - y / SPAN) / 2) * size];
  if ($("field").checked) drawField(context, size);
  if ($("manifold").checked) drawManifold(context, place);
  drawPoints(context, place, state.real, "#0072B2", false);
  if (state.moved) drawTrails(context, place, state.moved, fakes);
  drawPoints(context, place, fakes, "#D55E00", true);
  if (state.cross) drawCross(context, ...place(...state.cross));
  if ($("arrows").checked || state.half) drawArrows(context, place, fakes);
}

function drawLosses() {
  const [context, width, height] = prepare($("losses")), rows = state.game.history.slice(-600);
  const names = Object.keys(rows.at(-1) || { d_loss: 0 }).filter((name) => name !== "step");
  const values = rows.flatMap((row) => names.map((name) => row[name])), even = ["non-saturating"].includes(state.game.options.loss);
  const low = Math.min(0, ...values), high = Math.max(1.6, ...values), left = 44, bottom = height - 22;
  const X = (i) => left + (i / Math.max(rows.length - 1, 1)) * (width - left - 8), Y = (v) => bottom - ((v - low) / (high - low)) * (bottom - 10);
  context.font = "13px system-ui, sans-serif";
  context.fillStyle = context.strokeStyle = ink(0.75);
  context.lineWidth = 1;
  for (const v of [low, high]) context.fillText(v.toFixed(1), 4, Y(v) + 4);
  if (rows.length) {
    context.fillText(`${rows[0].step}`, left, height - 5);
    context.fillText(`step ${rows.at(-1).step}`, width - 80, height - 5);
  }
  names.forEach((name, k) => {
    context.strokeStyle = ["#0072B2", "#D55E00", "#009E73"][{ d_loss: 0, g_loss: 1, penalty: 2 }[name]];
    context.lineWidth = 2;
    context.setLineDash([[], [7, 4], [2, 3]][{ d_loss: 0, g_loss: 1, penalty: 2 }[name]]);
    context.beginPath();
    rows.forEach((row, i) => context.lineTo(X(i), Y(row[name])));
    context.stroke();
    if (even && LINES[name]) {
      context.lineWidth = 1;
      context.setLineDash([1, 3]);
      context.beginPath();
      context.moveTo(left, Y(LINES[name][0]));
      context.lineTo(width - 8, Y(LINES[name][0]));
      context.stroke();
      context.fillText(LINES[name][1], width - 54, Y(LINES[name][0]) - 4);
    }
  });
  context.setLineDash([]);
}

function measure() {
  const { game } = state, modes = modesOf(game.options.data), random = new Random(game.steps + 7);
  const fakes = game.G.forward(random.matrix(1500, game.options.latent)), real = game.sample(random, 1500);
  const some = (points) => t.tensor(80, 2, points.data.slice(0, 160)), reached = covered(fakes, modes);
  const words = [];
  if (modes.length) words.push(`Modes covered: <b>${reached} of ${modes.length}</b>.`);
  words.push(`JSD <b>${jsd(real, fakes).toFixed(2)}</b> (two real sets: ${state.floor.jsd.toFixed(2)}, at most ${Math.LN2.toFixed(2)}).`);
  words.push(`W<sub>1</sub> <b>${w1(some(real), some(fakes)).toFixed(2)}</b> (two real sets: ${state.floor.w1.toFixed(2)}).`);
  $("measures").innerHTML = words.join("<br>");
  $("plane").setAttribute("aria-label", `Step ${game.steps}. ${$("measures").textContent}`);
}

function phase() {
  if (state.half) return "D has moved: the colors changed. The arrows show where G's loss pulls the fakes. Press again: G moves.";
  if (state.playing) return "Training.";
  if (state.moved) return "G has moved: the lines show where each fake came from.";
  return state.game.steps ? "Paused." : "Press Play, or draw points of your own on the square.";
}

function render(all) {
  const fakes = state.game.G.forward(state.z);
  drawPlane(fakes);
  if (all || state.frame % 4 === 0) drawLosses();
  if (all || state.frame % 24 === 0) measure();
  const last = state.game.history.at(-1);
  const numbers = last ? Object.entries(last).filter(([name]) => name !== "step").map(([name, x]) => `${name} ${x.toFixed(2)}`) : [];
  $("step").textContent = `step ${state.game.steps.toLocaleString("en")}${numbers.length ? " · " : ""}${numbers.join(" · ")}`;
  $("phase").textContent = phase();
  $("play").textContent = state.playing ? "Pause" : "Play";
  $("half").textContent = state.half ? "G's half" : "D's half";
}

function tick() {
  if (state.playing) {
    const until = performance.now() + 11;
    for (let i = 0; i < Number($("speed").value) && performance.now() < until; i++) step();
    state.frame++;
    render(false);
  }
  requestAnimationFrame(tick);
}

// --- what can be taken away ---

function python() {
  const o = settings(), loss = { saturating: "minimax", "non-saturating": "non_saturating" }[o.loss] || o.loss;
  const penalty = {
    none: "", clip: `, after_d_step=partial(penalties.clip_weights, limit=${o.clip})`,
    "gradient penalty": `, penalty=partial(penalties.gradient_penalty, weight=${o.weight})`,
    R1: `, penalty=partial(penalties.r1_penalty, weight=${o.weight})`, R2: `, penalty=partial(penalties.r2_penalty, weight=${o.weight})`,
    "R1 + R2": `, penalty=lambda c, r, f: penalties.r1_penalty(c, r, f, ${o.weight}) + penalties.r2_penalty(c, r, f, ${o.weight})`,
  }[o.penalty];
  const hidden = Array(o.layers).fill(o.width).join(", "), kind = o.loss === "relativistic" ? "RelativisticGAN" : "GAN";
  const toy = { ring: "toys.ring(sd=0.08)", grid: "toys.grid(sd=0.08)", moons: "toys.two_moons(radius=1.4, sd=0.08)" }[o.data] ||
    `toys.Mixture(${o.data === "line" ? "[[x / 25 - 2, x / 50 - 1] for x in range(101)]" : JSON.stringify(state.drawn)}, sd=0.08)`;
  return `from functools import partial
import torch
from torch import nn
from ganlib import losses, penalties
from ganlib.data import toys
from ganlib.${kind === "GAN" ? "gan" : "variants"} import ${kind}
from ganlib.nets import mlp
from ganlib.trainer import Trainer

torch.manual_seed(${o.seed})
G, D = mlp(${o.latent}, ${hidden}, 2), nn.Sequential(mlp(2, ${hidden}, 1), nn.Flatten(0))
gan = ${kind}(G, D, losses.${loss}${penalty}, d_steps=${o.dSteps}, lr=${o.gRate}, d_lr=${o.dRate}, betas=(${o.beta1}, 0.999), z_dim=${o.latent})
for snapshot in Trainer(gan, ${toy}, batch_size=${o.batch}, seed=${o.seed}).until(${Math.max(state.game.steps, 1000)}):
    print(snapshot.step, snapshot.terms)
`;
}

function save() {
  const link = document.createElement("a");
  link.download = `gan-step-${state.game.steps}.png`;
  link.href = $("plane").toDataURL("image/png");
  link.click();
}

function copy(text, button) {
  const box = $("text");
  box.hidden = false;
  box.value = text;
  box.select();
  if (navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
  button.dataset.done = "copied";
  setTimeout(() => delete button.dataset.done, 1500);
}

// --- drawing with mouse, finger or keyboard ---

function addPoint(x, y) {
  if (Math.abs(x) > SPAN || Math.abs(y) > SPAN) return;
  if ($("data").value !== "drawn") { state.drawn = []; $("data").value = "drawn"; }
  state.drawn.push([Number(x.toFixed(2)), Number(y.toFixed(2))]);
  if (state.drawn.length > 60) state.drawn.shift();
  state.playing = false;
  restart();
}

function pointed(event) {
  const box = $("plane").getBoundingClientRect(), size = Math.min(box.width, box.height);
  addPoint(((event.clientX - box.left) / size) * 2 * SPAN - SPAN, SPAN - ((event.clientY - box.top) / size) * 2 * SPAN);
}

// With the square in focus, arrow keys move a cross and Enter sets a point.
function typed(event) {
  const ways = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] }, way = ways[event.key];
  if (!way && event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation();
  state.cross = state.cross || [0, 0];
  if (way) state.cross = state.cross.map((x, i) => Math.max(-SPAN, Math.min(SPAN, x + way[i])));
  else addPoint(...state.cross);
  render(true);
}

function connect() {
  const plane = $("plane");
  let down = false;
  plane.addEventListener("pointerdown", (e) => { down = true; pointed(e); });
  plane.addEventListener("pointermove", (e) => { if (down) pointed(e); });
  plane.addEventListener("keydown", typed);
  plane.addEventListener("blur", () => { state.cross = null; render(true); });
  window.addEventListener("pointerup", () => (down = false));
  for (const name of [...Object.keys(CHOICES), ...NUMBERS])
    $(name).addEventListener("change", () => { show(settings()); restart(); });
  for (const name of ["field", "manifold", "arrows"]) $(name).addEventListener("change", () => render(true));
  $("play").addEventListener("click", () => { state.playing = !state.playing; render(true); });
  $("one").addEventListener("click", () => { state.playing = false; step(); render(true); });
  $("half").addEventListener("click", halfStep);
  $("back").addEventListener("click", () => { state.playing = false; back(); });
  $("again").addEventListener("click", () => { state.playing = false; restart(); });
  $("link").addEventListener("click", (e) => copy(location.href.split("#")[0] + address(), e.target));
  $("python").addEventListener("click", (e) => copy(python(), e.target));
  $("save").addEventListener("click", save);
  document.addEventListener("keydown", (e) => {
    if (["INPUT", "SELECT", "TEXTAREA", "BUTTON"].includes(e.target.tagName)) return;
    if (e.key === " ") { e.preventDefault(); $("play").click(); }
    if (e.key === "ArrowRight") $("one").click();
    if (e.key === "ArrowLeft") $("back").click();
  });
  window.addEventListener("hashchange", () => { show(fromAddress()); restart(); });
  window.addEventListener("resize", () => render(true));
}

for (const [name, options] of Object.entries(CHOICES))
  $(name).innerHTML = options.map((option) => `<option>${option}</option>`).join("");
connect();
show(fromAddress());
restart();
window.playground = { state, step, settings, inputGradient };
tick();
