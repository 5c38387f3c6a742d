// The translator of notebook 11 on plain arrays: weights from a safetensors file, layer by layer as in
// ganlib/nets/translation.py. A map is { channels, side, data }: row by row, pixel by pixel, and for each
// pixel the numbers of all its channels side by side (torch calls that channels_last).

// A number of 16 bits: a sign, 5 bits of exponent, 10 of fraction. Weights are never infinite.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = bits >> 10 & 31, fraction = (bits & 1023) / 1024;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}

// A safetensors file in base64 -> name: { shape, numbers }. First the length of its header, then the header
// in JSON, then the bytes of all tensors.
function readWeights(base64) {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))), weights = {};
  for (const [name, { dtype, shape, data_offsets: ends }] of Object.entries(header)) {
    if (dtype !== "F16") continue;  // a file may also say something of itself
    const numbers = new Uint16Array(bytes.buffer.slice(start + ends[0], start + ends[1]));
    weights[name] = { shape, numbers: Float32Array.from(numbers, half) };
  }
  return weights;
}

// A kernel (a, b, k, k) in another order: its number at [i, j, v, u] goes to place(i, j, v, u).
function arranged({ shape: [a, b, k], numbers }, place) {
  const out = new Float32Array(numbers.length);
  let next = 0;
  for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) for (let v = 0; v < k; v++) for (let u = 0; u < k; u++)
    out[place(i, j, v, u)] = numbers[next++];
  return out;
}

// n products of a's numbers from i on with b's from j on, summed up.
function dot(a, i, b, j, n) {
  let sum = 0;
  for (let c = 0; c < n; c++) sum += a[i + c] * b[j + c];
  return sum;
}

// nn.Conv2d(..., kernel, stride, padding=1) -> a function on maps. Each output pixel gathers a window of the
// input, which begins one pixel up and left of `stride` times its own place; beyond the border all is 0.
function conv(kernel, bias, stride) {
  const [channels, inputs, k] = kernel.shape;
  const weight = arranged(kernel, (o, c, v, u) => ((o * k + v) * k + u) * inputs + c);
  return ({ side, data }) => {
    const small = side / stride, out = new Float32Array(channels * small * small);
    for (let y = 0, i = 0; y < small; y++) for (let x = 0; x < small; x++) for (let o = 0; o < channels; o++, i++) {
      let sum = bias.numbers[o];
      for (let v = 0; v < k; v++) for (let u = 0; u < k; u++) {
        const row = stride * y + v - 1, column = stride * x + u - 1;
        if (row >= 0 && row < side && column >= 0 && column < side)
          sum += dot(weight, ((o * k + v) * k + u) * inputs, data, (row * side + column) * inputs, inputs);
      }
      out[i] = sum;
    }
    return { channels, side: small, data: out };
  };
}

// nn.ConvTranspose2d(..., 4, stride=2, padding=1): the same window the other way round. Each input pixel
// prints a kernel, times itself, two pixels from its neighbor's print.
function transposed(kernel, bias) {
  const [inputs, channels, k] = kernel.shape;
  const weight = arranged(kernel, (c, o, v, u) => ((v * k + u) * channels + o) * inputs + c);
  return ({ side, data }) => {
    const large = 2 * side, out = new Float32Array(channels * large * large).map((_, i) => bias.numbers[i % channels]);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) for (let v = 0; v < k; v++) for (let u = 0; u < k; u++) {
      const row = 2 * y + v - 1, column = 2 * x + u - 1;
      if (row >= 0 && row < large && column >= 0 && column < large) for (let o = 0; o < channels; o++)
        out[(row * large + column) * channels + o] += dot(weight, ((v * k + u) * channels + o) * inputs, data, (y * side + x) * inputs, inputs);
    }
    return { channels, side: large, data: out };
  };
}

// nn.BatchNorm2d in eval mode: every channel by the mean and the spread that it had in training.
function norm(gain, shift, mean, variance) {
  return map => changed(map, (value, i) => {
    const c = i % map.channels;
    return (value - mean.numbers[c]) / Math.sqrt(variance.numbers[c] + 1e-5) * gain.numbers[c] + shift.numbers[c];
  });
}

const changed = (map, change) => ({ ...map, data: map.data.map(change) });
const leaky = map => changed(map, value => value > 0 ? value : 0.2 * value);
const sum = (a, b) => changed(a, (value, i) => value + b.data[i]);

// Two maps as one, a's channels before b's.
function stacked(a, b) {
  const channels = a.channels + b.channels, data = new Float32Array(a.data.length + b.data.length);
  for (let pixel = 0; pixel < a.side ** 2; pixel++) {
    data.set(a.data.subarray(pixel * a.channels, (pixel + 1) * a.channels), pixel * channels);
    data.set(b.data.subarray(pixel * b.channels, (pixel + 1) * b.channels), pixel * channels + a.channels);
  }
  return { channels, side: a.side, data };
}

// Weights of a Translator -> a function from an outline to a picture, both 28 x 28 numbers in [-1, 1].
function translator(weights) {
  const named = (make, name, parts, ...more) => make(...parts.map(part => weights[`${name}.${part}`]), ...more);
  const convolution = (name, stride) => named(conv, name, ["weight", "bias"], stride);
  const printing = name => named(transposed, name, ["weight", "bias"]);
  const batchNorm = name => named(norm, name, ["weight", "bias", "running_mean", "running_var"]);

  const enter = convolution("enter.0", 2), down = convolution("middle.0", 2), downNorm = batchNorm("middle.1");
  const look = convolution("middle.3.net.0", 1), lookNorm = batchNorm("middle.3.net.1");
  const again = convolution("middle.3.net.3", 1), againNorm = batchNorm("middle.3.net.4");
  const up = printing("middle.4"), upNorm = batchNorm("middle.5"), leave = printing("leave.0");
  const skips = weights["leave.0.weight"].shape[0] > weights["middle.5.bias"].shape[0];  // a U-Net
  return outline => {
    const first = leaky(enter({ channels: 1, side: 28, data: outline }));  // 14 x 14
    let h = leaky(downNorm(down(first)));                                  // 7 x 7
    h = sum(h, againNorm(again(leaky(lookNorm(look(h))))));
    h = leaky(upNorm(up(h)));                                              // 14 x 14
    return changed(leave(skips ? stacked(h, first) : h), Math.tanh).data;  // 28 x 28
  };
}
