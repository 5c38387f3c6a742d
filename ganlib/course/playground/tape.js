// Automatic differentiation for small matrices. Every derivative is built from the same operations as the
// functions themselves, so a derivative can be differentiated again: the gradient penalties need that.
//
// A Tensor is a matrix of rows x cols numbers; a scalar is 1 x 1. `vjp(g)` gives, for the gradient g with
// respect to the result, the gradients with respect to each parent (a vector-Jacobian product).

export class Tensor {
  constructor(rows, cols, data, parents = [], vjp = null) {
    this.rows = rows;
    this.cols = cols;
    this.data = data;
    this.parents = parents;
    this.vjp = vjp;
  }

  get value() {
    return this.data[0];
  }
}

export function tensor(rows, cols, numbers) {
  return new Tensor(rows, cols, Float64Array.from(numbers));
}

export function zeros(rows, cols) {
  return new Tensor(rows, cols, new Float64Array(rows * cols));
}

// The same numbers without a graph.
export function detach(a) {
  return new Tensor(a.rows, a.cols, a.data);
}

// op(a) op(b), where op transposes if its flag is set.
export function matmul(a, b, ta = false, tb = false) {
  const rows = ta ? a.cols : a.rows, inner = ta ? a.rows : a.cols, cols = tb ? b.rows : b.cols;
  const left = ta ? transposed(a) : a.data, right = tb ? transposed(b) : b.data;
  const out = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const x = left[i * inner + k], from = k * cols, to = i * cols;
      for (let j = 0; j < cols; j++) out[to + j] += x * right[from + j];
    }
  return new Tensor(rows, cols, out, [a, b], (g) => {
    if (!ta && !tb) return [matmul(g, b, false, true), matmul(a, g, true, false)];
    if (ta && !tb) return [matmul(b, g, false, true), matmul(a, g)];
    if (!ta && tb) return [matmul(g, b), matmul(g, a, true, false)];
    return [matmul(b, g, true, true), matmul(g, a, true, true)];
  });
}

function transposed(a) {
  const out = new Float64Array(a.data.length);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out[j * a.rows + i] = a.data[i * a.cols + j];
  return out;
}

// An operation on each entry. Each has a loop of its own: a function called for every number would be ten times slower.
function entrywise(parents, loop, vjp) {
  const [{ rows, cols, data }] = parents, out = new Float64Array(data.length);
  loop(out, ...parents.map((parent) => parent.data));
  return new Tensor(rows, cols, out, parents, vjp);
}

export function add(a, b) {
  const loop = (y, p, q) => { for (let i = 0; i < y.length; i++) y[i] = p[i] + q[i]; };
  return entrywise([a, b], loop, (g) => [g, g]);
}

export function sub(a, b) {
  const loop = (y, p, q) => { for (let i = 0; i < y.length; i++) y[i] = p[i] - q[i]; };
  return entrywise([a, b], loop, (g) => [g, scale(g, -1)]);
}

export function mul(a, b) {
  const loop = (y, p, q) => { for (let i = 0; i < y.length; i++) y[i] = p[i] * q[i]; };
  return entrywise([a, b], loop, (g) => [mul(g, b), mul(g, a)]);
}

export function scale(a, c) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = c * x[i]; };
  return entrywise([a], loop, (g) => [scale(g, c)]);
}

export function shift(a, c) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] + c; };
  return entrywise([a], loop, (g) => [g]);
}

export function square(a) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] * x[i]; };
  return entrywise([a], loop, (g) => [mul(g, scale(a, 2))]);
}

export function sigmoid(a) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = 1 / (1 + Math.exp(-x[i])); };
  return entrywise([a], loop, (g) => [mul(g, mul(sigmoid(a), sigmoid(scale(a, -1))))]);
}

export function softplus(a) {
  const loop = (y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs(x[i])));
  };
  return entrywise([a], loop, (g) => [mul(g, sigmoid(a))]);
}

// max(x, slope x): its derivative is a step, which is constant almost everywhere.
export function leakyRelu(a, slope = 0.2) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i]; };
  const step = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? 1 : slope; };
  return entrywise([a], loop, (g) => [mul(g, entrywise([a], step, () => [null]))]);
}

export const relu = (a) => leakyRelu(a, 0);

// Square root; at 0 the result is 0 and so is its derivative, instead of infinity.
export function sqrt(a) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? Math.sqrt(x[i]) : 0; };
  return entrywise([a], loop, (g) => [mul(g, halfOverRoot(a))]);
}

function halfOverRoot(a) {
  const loop = (y, x) => { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? 0.5 / Math.sqrt(x[i]) : 0; };
  return entrywise([a], loop, (g) => {
    const root = halfOverRoot(a);
    return [mul(g, scale(mul(root, square(root)), -2))]; // -1 / (4 x^1.5)
  });
}

// (m, n) -> (1, n), and back.
export function sumRows(a) {
  const out = new Float64Array(a.cols);
  for (let i = 0, k = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out[j] += a.data[k++];
  return new Tensor(1, a.cols, out, [a], (g) => [repeatRows(g, a.rows)]);
}

export function repeatRows(a, rows) {
  const out = new Float64Array(rows * a.cols);
  for (let i = 0; i < rows; i++) out.set(a.data, i * a.cols);
  return new Tensor(rows, a.cols, out, [a], (g) => [sumRows(g)]);
}

// (m, n) -> (m, 1), and back.
export function sumCols(a) {
  const out = new Float64Array(a.rows);
  for (let i = 0, k = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out[i] += a.data[k++];
  return new Tensor(a.rows, 1, out, [a], (g) => [repeatCols(g, a.cols)]);
}

export function repeatCols(a, cols) {
  const out = new Float64Array(a.rows * cols);
  for (let i = 0; i < a.rows; i++) out.fill(a.data[i], i * cols, (i + 1) * cols);
  return new Tensor(a.rows, cols, out, [a], (g) => [sumCols(g)]);
}

export const addRow = (a, row) => add(a, repeatRows(row, a.rows));
export const sum = (a) => sumRows(sumCols(a));
export const mean = (a) => scale(sum(a), 1 / a.data.length);

// The gradients of a scalar with respect to each of `inputs`, as tensors with a graph of their own.
export function gradients(scalar, inputs) {
  const order = sorted(scalar, new Set(inputs)), found = new Map([[scalar, tensor(1, 1, [1])]]);
  for (const node of order) {
    const g = found.get(node);
    if (!g || !node.vjp) continue;
    node.vjp(g).forEach((part, i) => {
      const parent = node.parents[i];
      if (part && order.has(parent)) found.set(parent, found.has(parent) ? add(found.get(parent), part) : part);
    });
  }
  return inputs.map((input) => found.get(input) || zeros(input.rows, input.cols));
}

// The nodes between the result and the inputs, each before its parents; others need no gradient.
function sorted(result, inputs) {
  const needed = new Map(), order = [];
  const visit = (node) => {
    if (needed.has(node)) return needed.get(node);
    needed.set(node, false);
    const reaches = node.parents.map(visit).some(Boolean) || inputs.has(node);
    needed.set(node, reaches);
    if (reaches) order.push(node);
    return reaches;
  };
  visit(result);
  return new Set(order.reverse());
}
