// Automatic differentiation for small matrices. Every derivative is built from the same operations as the
// functions themselves, so a derivative can be differentiated again: the gradient penalties need that.
//
// A Tensor is a matrix of rows x cols numbers; a scalar is 1 x 1. `vjp(g)` gives, for the gradient g with
// respect to the result, the gradients with respect to each parent (a vector-Jacobian product); it also gets, for
// each parent, whether its gradient is needed.

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

// op(a) op(b), where op transposes if its flag is set. Of the gradients only those that are needed are computed.
export function matmul(a, b, ta = false, tb = false) {
  const rows = ta ? a.cols : a.rows, inner = ta ? a.rows : a.cols, cols = tb ? b.rows : b.cols;
  const out = product(ta ? transposed(a) : a.data, tb ? transposed(b) : b.data, rows, inner, cols);
  return new Tensor(rows, cols, out, [a, b], (g, [forA, forB]) => [
    forA ? (ta ? matmul(b, g, tb, true) : matmul(g, b, false, !tb)) : null,
    forB ? (tb ? matmul(g, a, true, ta) : matmul(a, g, !ta, false)) : null,
  ]);
}

// (rows, inner) times (inner, cols). Two rows of the left factor and four of the right one at a time: three times as
// quick as one by one, since most numbers are read once for two products, and sums are written once for four.
function product(left, right, rows, inner, cols) {
  const out = new Float64Array(rows * cols), pairs = rows - (rows % 2), fours = inner - (inner % 4);
  for (let i = 0; i < pairs; i += 2) {
    const p = i * inner, q = p + inner, top = i * cols, low = top + cols;
    for (let k = 0; k < fours; k += 4) {
      const x0 = left[p + k], x1 = left[p + k + 1], x2 = left[p + k + 2], x3 = left[p + k + 3];
      const y0 = left[q + k], y1 = left[q + k + 1], y2 = left[q + k + 2], y3 = left[q + k + 3];
      const r0 = k * cols, r1 = r0 + cols, r2 = r1 + cols, r3 = r2 + cols;
      for (let j = 0; j < cols; j++) {
        const a = right[r0 + j], b = right[r1 + j], c = right[r2 + j], d = right[r3 + j];
        out[top + j] += x0 * a + x1 * b + x2 * c + x3 * d;
        out[low + j] += y0 * a + y1 * b + y2 * c + y3 * d;
      }
    }
    addProducts(out, left, right, i, i + 2, fours, inner, cols);
  }
  addProducts(out, left, right, pairs, rows, 0, inner, cols);
  return out;
}

// What is left over, one by one: rows i from `first` to `end`, and k from `start` on.
function addProducts(out, left, right, first, end, start, inner, cols) {
  for (let i = first; i < end; i++)
    for (let k = start; k < inner; k++) {
      const x = left[i * inner + k], from = k * cols, to = i * cols;
      for (let j = 0; j < cols; j++) out[to + j] += x * right[from + j];
    }
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


// A row added to each row.
export function addRow(a, row) {
  const loop = (y, x, r) => { for (let i = 0; i < y.length; i += r.length) for (let j = 0; j < r.length; j++) y[i + j] = x[i + j] + r[j]; };
  return entrywise([a, row], loop, (g, [, forRow]) => [g, forRow ? sumRows(g) : null]);
}

export const sum = (a) => sumRows(sumCols(a));
export const mean = (a) => scale(sum(a), 1 / a.data.length);

// The gradients of a scalar with respect to each of `inputs`, as tensors with a graph of their own.
export function gradients(scalar, inputs) {
  const order = sorted(scalar, new Set(inputs)), found = new Map([[scalar, tensor(1, 1, [1])]]);
  for (const node of order) {
    const g = found.get(node);
    if (!g || !node.vjp) continue;
    const needed = node.parents.map((parent) => order.has(parent));
    node.vjp(g, needed).forEach((part, i) => {
      const parent = node.parents[i];
      if (part && needed[i]) found.set(parent, found.has(parent) ? add(found.get(parent), part) : part);
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
