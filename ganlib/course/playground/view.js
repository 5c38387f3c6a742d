// The page: controls on the left, the plane in the middle, losses and measures on the right. The settings are the address.
// Opened as playground.html?door it is the course's front door: the plane alone, playing.

import * as t from "./tape.js";
import { DEFAULTS, Game, LOSSES, PENALTIES, Random, inputGradient } from "./game.js";
import { DATA, SPAN, covered, jsd, modesOf, sampler, w1 } from "./data.js";
import * as paint from "./pictures.js";

const KEPT = 400; // states that "back" can return to
const DRAWN = 200; // points by hand, at least APART from one another in a stroke
const APART = 0.12;
const SMOOTH = 1000 / 60; // milliseconds a frame
const EVERY = { field: 70, losses: 100, measures: 600 }; // milliseconds between two drawings, at 60 frames a second
const $ = (id) => document.getElementById(id);
const CHOICES = { data: DATA, loss: LOSSES, penalty: PENALTIES };
const NUMBERS = ["weight", "clip", "gRate", "dRate", "beta1", "dSteps", "batch", "latent", "width", "layers", "seed"];
const START = { ...DEFAULTS, data: "ring", ...(window.SCENE || {}) };
const state = { game: null, playing: false, kept: [], drawn: [], half: null, moved: null, cross: null, stroke: false, frame: 0, frameTime: SMOOTH, budget: 8, drawnAt: {}, real: null, floor: null };
const door = location.search === "?door";

// --- settings, address ---

function settings() {
  const found = {};
  for (const name of Object.keys(CHOICES)) found[name] = $(name).value;
  for (const name of NUMBERS) found[name] = allowed(name, $(name).value);
  return found;
}

// A number within its field's limits, whatever was typed or stands in the address.
function allowed(name, text) {
  const { min, max, step } = $(name), value = text === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) return START[name];
  const bounded = Math.min(Number(max), Math.max(Number(min), value));
  return step === "1" ? Math.round(bounded) : bounded;
}

function show(values) {
  for (const name of NUMBERS) $(name).value = allowed(name, String(values[name]));
  for (const [name, options] of Object.entries(CHOICES)) $(name).value = options.includes(values[name]) ? values[name] : START[name];
  for (const name of ["weight", "clip"]) $(name).closest("label").hidden = (name === "clip") !== ($("penalty").value === "clip");
  if ($("penalty").value === "none") $("weight").closest("label").hidden = true;
}

function fromAddress() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const points = (given.drawn || "").split(";").map((pair) => pair.split(",").map(Number));
  if (given.drawn) state.drawn = points.filter((p) => p.length === 2 && p.every((x) => Math.abs(x) <= SPAN)).slice(-DRAWN);
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

function drawPlane(fakes) {
  const [context, width, height] = paint.prepare($("plane")), { game } = state, place = paint.toPlane(Math.min(width, height));
  if ($("manifold").checked) paint.drawManifold(context, place, game);
  paint.drawPoints(context, place, state.real, "real");
  if (state.moved) paint.drawTrails(context, place, state.moved, fakes);
  if (!state.stroke) paint.drawPoints(context, place, fakes, "fake");
  if (state.cross) paint.drawCross(context, ...place(...state.cross));
  if ($("arrows").checked || state.half) paint.drawArrows(context, place, game, state.real, fakes);
}

// The field has a canvas of its own, behind the points, since it need not be drawn as often.
function drawGround() {
  const [context, width, height] = paint.prepare($("ground"));
  if ($("field").checked) paint.drawField(context, Math.min(width, height), state.game);
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
  return state.game.steps ? "Paused." : "Press Play, or draw data of your own on the square.";
}

// Whether it is time to draw a part again; where frames take long, parts wait in proportion.
function due(part, all) {
  const now = performance.now();
  if (!all && now - (state.drawnAt[part] || 0) < (EVERY[part] * state.frameTime) / SMOOTH) return false;
  state.drawnAt[part] = now;
  return true;
}

// Words that stay as they are cost nothing, and no screen reader says them again.
function say(id, words) {
  if ($(id).textContent !== words) $(id).textContent = words;
}

function render(all) {
  const { game } = state;
  drawPlane(game.G.forward(state.z));
  if (due("field", all)) drawGround();
  if (due("losses", all)) {
    paint.drawLosses($("losses"), game.history, game.options.loss);
    const last = game.history.at(-1) || {};
    say("step", `step ${game.steps.toLocaleString("en")}`);
    for (const name of ["d_loss", "g_loss", "penalty"]) say(`${name}-now`, name in last ? last[name].toFixed(2) : "");
    $("penalty-now").parentElement.hidden = game.options.penalty === "none" || game.options.penalty === "clip";
  }
  if (due("measures", all)) measure();
  say("phase", phase());
  say("play", state.playing ? "Pause" : "Play");
  say("half", state.half ? "G's half" : "D's half");
  $("clear").hidden = !state.drawn.length || game.options.data !== "drawn";
}

// As many steps a frame as the slider says, fewer where frames would come late: pictures go first.
function tick(now) {
  if (state.playing && !state.stroke) {
    const passed = now - (state.last ?? now), until = performance.now() + state.budget;
    state.frameTime += 0.1 * (Math.min(Math.max(passed, SMOOTH), 200) - state.frameTime);
    state.budget = passed > 20 ? Math.max(1, 0.8 * state.budget) : Math.min(10, state.budget + 0.1);
    for (let i = 0; i < Number($("speed").value) && (i === 0 || performance.now() < until); i++) step();
    state.frame++;
    render(false);
  }
  state.last = now;
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
  const link = document.createElement("a"), plane = $("plane"), { width, height } = plane;
  const both = Object.assign(document.createElement("canvas"), { width, height }), context = both.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, width, height);
  for (const layer of [$("ground"), plane]) context.drawImage(layer, 0, 0);
  link.download = `gan-step-${state.game.steps}.png`;
  link.href = both.toDataURL("image/png");
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
  if (state.drawn.length > DRAWN) state.drawn.shift();
}

// One stroke of mouse or finger: training waits, and begins anew on the drawing when the stroke ends.
function pointed(event) {
  const box = $("plane").getBoundingClientRect(), size = Math.min(box.width, box.height);
  const x = ((event.clientX - box.left) / size) * 2 * SPAN - SPAN, y = SPAN - ((event.clientY - box.top) / size) * 2 * SPAN;
  const last = state.stroke && state.drawn.at(-1);
  if (last && Math.hypot(x - last[0], y - last[1]) < APART) return;
  addPoint(x, y);
  state.stroke = true;
  state.real = t.tensor(state.drawn.length, 2, state.drawn.flat());
  drawPlane(state.real);
}

function endStroke() {
  if (!state.stroke) return;
  state.stroke = false;
  document.body.classList.add("touched");
  if (state.drawn.length) restart();
}

// With the square in focus, arrow keys move a cross and Enter sets a point.
function typed(event) {
  const ways = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] }, way = ways[event.key];
  if (!way && event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation();
  state.cross = state.cross || [0, 0];
  if (way) state.cross = state.cross.map((x, i) => Math.max(-SPAN, Math.min(SPAN, x + way[i])));
  else { addPoint(...state.cross); restart(); }
  render(true);
}

function connect() {
  const plane = $("plane");
  let down = false;
  plane.addEventListener("pointerdown", (e) => { down = true; plane.setPointerCapture(e.pointerId); pointed(e); });
  plane.addEventListener("pointermove", (e) => { if (down) pointed(e); });
  plane.addEventListener("keydown", typed);
  plane.addEventListener("blur", () => { state.cross = null; render(true); });
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => { down = false; endStroke(); });
  for (const name of [...Object.keys(CHOICES), ...NUMBERS])
    $(name).addEventListener("change", () => { show(settings()); restart(); });
  for (const name of ["field", "manifold", "arrows"]) $(name).addEventListener("change", () => render(true));
  $("play").addEventListener("click", () => { state.playing = !state.playing; render(true); });
  $("one").addEventListener("click", () => { state.playing = false; step(); render(true); });
  $("half").addEventListener("click", halfStep);
  $("back").addEventListener("click", () => { state.playing = false; back(); });
  $("again").addEventListener("click", () => { state.playing = false; restart(); });
  $("clear").addEventListener("click", () => { state.drawn = []; restart(); });
  const here = location.protocol === "about:" ? "playground.html" : location.href.split(/[?#]/)[0]; // a notebook's frame has no address
  $("link").addEventListener("click", (e) => copy(here + address(), e.target));
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
state.playing = door && !matchMedia("(prefers-reduced-motion: reduce)").matches;
document.body.classList.toggle("door", door);
restart();
window.playground = { state, step, settings, inputGradient };
tick();
