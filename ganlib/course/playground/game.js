// A GAN on points of the plane: two multilayer perceptrons, a loss, a penalty, two Adams.
// The same step as ganlib.gan.GAN.step, on the same formulas as ganlib.losses and ganlib.penalties.

import * as t from "./tape.js";

export const LOSSES = ["non-saturating", "saturating", "wasserstein", "hinge", "relativistic"];
export const PENALTIES = ["none", "clip", "gradient penalty", "R1", "R2", "R1 + R2"];

export const DEFAULTS = {
  loss: "non-saturating", penalty: "none", weight: 0.1, clip: 0.05, gRate: 0.002, dRate: 0.002, beta1: 0.5, beta2: 0.999,
  dSteps: 1, batch: 64, latent: 2, width: 32, layers: 2, seed: 0,
};

// Small repeatable random numbers (mulberry32), uniform and normal (Box and Muller).
export class Random {
  constructor(seed) {
    this.state = (seed * 2654435761 + 12345) >>> 0;
  }

  uniform() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  matrix(rows, cols, draw = () => this.normal()) {
    return t.tensor(rows, cols, Float64Array.from({ length: rows * cols }, draw));
  }
}

// Linear layers with LeakyReLU(0.2) between them; weights (in, out) and biases (1, out), drawn as torch's nn.Linear does.
export class Perceptron {
  constructor(widths, random) {
    this.parameters = [];
    for (let i = 0; i + 1 < widths.length; i++) {
      const bound = 1 / Math.sqrt(widths[i]), draw = () => (2 * random.uniform() - 1) * bound;
      this.parameters.push(random.matrix(widths[i], widths[i + 1], draw), random.matrix(1, widths[i + 1], draw));
    }
  }

  forward(x) {
    const last = this.parameters.length - 2;
    for (let i = 0; i <= last; i += 2) {
      x = t.addRow(t.matmul(x, this.parameters[i]), this.parameters[i + 1]);
      if (i < last) x = t.leakyRelu(x);
    }
    return x;
  }
}

export class Adam {
  constructor(parameters, rate, beta1, beta2) {
    Object.assign(this, { parameters, rate, beta1, beta2, steps: 0 });
    this.first = parameters.map((p) => new Float64Array(p.data.length));
    this.second = parameters.map((p) => new Float64Array(p.data.length));
  }

  step(gradients) {
    this.steps++;
    const c1 = 1 - this.beta1 ** this.steps, c2 = 1 - this.beta2 ** this.steps;
    this.parameters.forEach((p, i) => {
      const g = gradients[i].data, m = this.first[i], v = this.second[i];
      for (let k = 0; k < g.length; k++) {
        m[k] = this.beta1 * m[k] + (1 - this.beta1) * g[k];
        v[k] = this.beta2 * v[k] + (1 - this.beta2) * g[k] * g[k];
        p.data[k] -= (this.rate * m[k]) / c1 / (Math.sqrt(v[k] / c2) + 1e-8);
      }
    });
  }
}

const D_LOSS = {
  wasserstein: (real, fake) => t.sub(t.mean(fake), t.mean(real)),
  hinge: (real, fake) =>
    t.add(t.mean(t.relu(t.shift(t.scale(real, -1), 1))), t.mean(t.relu(t.shift(fake, 1)))),
  relativistic: (real, fake) => t.mean(t.softplus(t.sub(fake, real))),
  binary: (real, fake) => t.add(t.mean(t.softplus(t.scale(real, -1))), t.mean(t.softplus(fake))),
};
const G_LOSS = {
  "non-saturating": (real, fake) => t.mean(t.softplus(t.scale(fake, -1))),
  saturating: (real, fake) => t.scale(t.mean(t.softplus(fake)), -1),
  wasserstein: (real, fake) => t.scale(t.mean(fake), -1),
  hinge: (real, fake) => t.scale(t.mean(fake), -1),
  relativistic: (real, fake) => t.mean(t.softplus(t.sub(real, fake))),
};

// ∇critic(x), one row a sample, still differentiable.
export function inputGradient(critic, x) {
  return t.gradients(t.sum(critic(x)), [x])[0];
}

const squaredNorm = (critic, x) => t.sumCols(t.square(inputGradient(critic, t.detach(x))));

// mix: one number t in [0, 1] a sample, for the points between real and fake.
export function penaltyOf(name, critic, real, fake, weight, mix) {
  if (name === "gradient penalty") {
    const between = t.add(real, t.mul(t.repeatCols(mix, real.cols), t.sub(fake, real)));
    return t.scale(t.mean(t.square(t.shift(t.sqrt(squaredNorm(critic, between)), -1))), weight);
  }
  if (name === "R1") return t.scale(t.mean(squaredNorm(critic, real)), weight / 2);
  if (name === "R2") return t.scale(t.mean(squaredNorm(critic, fake)), weight / 2);
  if (name === "R1 + R2")
    return t.add(penaltyOf("R1", critic, real, fake, weight), penaltyOf("R2", critic, real, fake, weight));
  return null;
}

export class Game {
  // sample(random, n) -> n real points as a Tensor (n, 2).
  constructor(sample, options = {}) {
    this.options = { ...DEFAULTS, ...options };
    const { latent, width, layers, seed, gRate, dRate, beta1, beta2 } = this.options;
    this.sample = sample;
    this.random = new Random(seed);
    const hidden = Array(layers).fill(width);
    this.G = new Perceptron([latent, ...hidden, 2], this.random);
    this.D = new Perceptron([2, ...hidden, 1], this.random);
    this.gAdam = new Adam(this.G.parameters, gRate, beta1, beta2);
    this.dAdam = new Adam(this.D.parameters, dRate, beta1, beta2);
    this.steps = 0;
    this.history = [];
  }

  critic = (x) => this.D.forward(x);

  dTerms(real, fake, mix) {
    const { loss, penalty, weight } = this.options;
    const name = D_LOSS[loss] ? loss : "binary";
    const terms = { d_loss: D_LOSS[name](this.critic(real), this.critic(fake)) };
    const extra = penaltyOf(penalty, this.critic, real, fake, weight, mix);
    return extra ? { ...terms, penalty: extra } : terms;
  }

  gTerms(real, fake) {
    const { loss } = this.options, onReal = loss === "relativistic" ? this.critic(real) : null; // the others do not look at it
    return { g_loss: G_LOSS[loss](onReal, this.critic(fake)) };
  }

  // One update of D on real points and on G(z); the fakes stay for G's update.
  dStep(real, z, mix) {
    this.real = real;
    this.fake = this.G.forward(z);
    const terms = this.dTerms(real, t.detach(this.fake), mix);
    this.dAdam.step(t.gradients(total(terms), this.D.parameters));
    if (this.options.penalty === "clip") this.clipWeights();
    return terms;
  }

  // One update of G on the fakes of the last update of D.
  gStep() {
    const terms = this.gTerms(this.real, this.fake);
    this.gAdam.step(t.gradients(total(terms), this.G.parameters));
    this.steps++;
    return terms;
  }

  clipWeights() {
    const limit = this.options.clip;
    for (const p of this.D.parameters) p.data.forEach((x, i) => (p.data[i] = Math.min(limit, Math.max(-limit, x))));
  }

  drawBatch() {
    const { batch, latent } = this.options;
    const mix = this.random.matrix(batch, 1, () => this.random.uniform());
    return [this.sample(this.random, batch), this.random.matrix(batch, latent), mix];
  }

  // dSteps updates of D, one of G -> the numbers of the last ones.
  step() {
    let terms;
    for (let i = 0; i < this.options.dSteps; i++) terms = this.dStep(...this.drawBatch());
    terms = { ...terms, ...this.gStep() };
    const row = { step: this.steps };
    for (const [name, term] of Object.entries(terms)) row[name] = term.value;
    this.history.push(row);
    return row;
  }
}

function total(terms) {
  return Object.values(terms).reduce(t.add);
}
