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
  const out = new Float64Array(rows * cols), A = a.data, B = b.data;
  if (tb) {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += (ta ? A[k * rows + i] : A[i * inner + k]) * B[j * inner + k];
        out[i * cols + j] = sum;
      }
  } else {
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < inner; k++) {
        const x = ta ? A[k * rows + i] : A[i * inner + k];
        if (x === 0) continue;
        const from = k * cols, to = i * cols;
        for (let j = 0; j < cols; j++) out[to + j] += x * B[from + j];
      }
  }
  return new Tensor(rows, cols, out, [a, b], (g) => {
    if (!ta && !tb) return [matmul(g, b, false, true), matmul(a, g, true, false)];
    if (ta && !tb) return [matmul(b, g, false, true), matmul(a, g)];
    if (!ta && tb) return [matmul(g, b), matmul(g, a, true, false)];
    return [matmul(b, g, true, true), matmul(g, a, true, true)];
  });
}

function elementwise(a, b, f, vjp) {
  const out = new Float64Array(a.data.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a.data[i], b.data[i]);
  return new Tensor(a.rows, a.cols, out, [a, b], vjp);
}

function unary(a, f, vjp) {
  const out = new Float64Array(a.data.length);
  for (let i = 0; i < out.length; i++) out[i] = f(a.data[i]);
  return new Tensor(a.rows, a.cols, out, [a], vjp);
}

export const add = (a, b) => elementwise(a, b, (x, y) => x + y, (g) => [g, g]);
export const sub = (a, b) => elementwise(a, b, (x, y) => x - y, (g) => [g, scale(g, -1)]);
export const mul = (a, b) => elementwise(a, b, (x, y) => x * y, (g) => [mul(g, b), mul(g, a)]);
export const scale = (a, c) => unary(a, (x) => c * x, (g) => [scale(g, c)]);
export const shift = (a, c) => unary(a, (x) => x + c, (g) => [g]);
export const square = (a) => unary(a, (x) => x * x, (g) => [mul(g, scale(a, 2))]);
export const reciprocal = (a) => unary(a, (x) => 1 / x, (g) => [scale(mul(g, square(reciprocal(a))), -1)]);
export const sigmoid = (a) =>
  unary(a, (x) => 1 / (1 + Math.exp(-x)), (g) => [mul(g, mul(sigmoid(a), shift(scale(sigmoid(a), -1), 1)))]);
export const softplus = (a) =>
  unary(a, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), (g) => [mul(g, sigmoid(a))]);
export const tanh = (a) => unary(a, Math.tanh, (g) => [mul(g, shift(scale(square(tanh(a)), -1), 1))]);

// max(x, slope x): its derivative is a step, which is constant almost everywhere.
export function leakyRelu(a, slope = 0.2) {
  return unary(a, (x) => (x > 0 ? x : slope * x), (g) => [mul(g, unary(a, (x) => (x > 0 ? 1 : slope), () => [null]))]);
}

export const relu = (a) => leakyRelu(a, 0);

// Square root; at 0 the result is 0 and so is its derivative, instead of infinity.
export function sqrt(a) {
  return unary(a, (x) => (x > 0 ? Math.sqrt(x) : 0), (g) => [mul(g, halfOverRoot(a))]);
}

function halfOverRoot(a) {
  return unary(a, (x) => (x > 0 ? 0.5 / Math.sqrt(x) : 0), (g) => {
    const cubed = mul(halfOverRoot(a), mul(halfOverRoot(a), halfOverRoot(a)));  // 1 / (8 x^1.5)
    return [mul(g, scale(cubed, -2))];
  });
}

// (m, n) -> (1, n), and back.
export function sumRows(a) {
  const out = new Float64Array(a.cols);
  for (let i = 0; i < a.data.length; i++) out[i % a.cols] += a.data[i];
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
  for (let i = 0; i < a.data.length; i++) out[Math.floor(i / a.cols)] += a.data[i];
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
