// Draw an outline, see what the translator makes of it. Needs translator.js before it; nothing is started here.

const SIDE = 28, HALF_WIDTH = 1;  // of the page and of a line, in pixels
const SCALE = 11;  // of a pixel on the drawing

// Strokes, lists of points [x, y], as white lines on black, like `raster` of ganlib.course.sketch.
function raster(strokes) {
  const picture = new Float32Array(SIDE * SIDE).fill(-1);
  for (const points of strokes) for (let i = 0; i < Math.max(points.length - 1, 1); i++) {
    const [ax, ay] = points[i], [bx, by] = points[i + 1] ?? points[i];
    const dx = bx - ax, dy = by - ay, length2 = Math.max(dx * dx + dy * dy, 1e-9);
    for (let k = 0; k < picture.length; k++) {
      const x = k % SIDE + 0.5 - ax, y = Math.floor(k / SIDE) + 0.5 - ay;  // from a to the middle of the pixel
      const share = Math.min(1, Math.max(0, (x * dx + y * dy) / length2));
      if (Math.hypot(x - share * dx, y - share * dy) < HALF_WIDTH) picture[k] = 1;
    }
  }
  return picture;
}

// Make the markup of sketch.html work in `root`. Returns { state, show, end }.
function startSketch(root, { weights, examples, strokes, tell = () => {} }) {
  const find = name => root.querySelector(`[data-part=${name}]`), translate = translator(readWeights(weights));
  const page = find("page"), picture = find("picture"), words = find("words");
  const state = { strokes, past: [], pen: [14, 14], down: false, outline: null, pixels: null, milliseconds: 0 };
  let due = 0, dragging = null;

  // What is on the page, and what the net makes of it, with words for both.
  function show() {
    due = 0;
    state.outline = raster(state.strokes);
    const began = performance.now();
    state.pixels = translate(state.outline);
    state.milliseconds = performance.now() - began;
    drawPage();
    const image = new ImageData(SIDE, SIDE);
    state.pixels.forEach((value, k) => image.data.set([0, 1, 2].map(() => 127.5 * (value + 1)).concat(255), 4 * k));
    picture.getContext("2d").putImageData(image, 0, 0);
    const ink = state.outline.filter(value => value > 0).length, cloth = state.pixels.filter(value => value > -0.7).length;
    words.textContent = `Outline: ${ink} white pixels. Picture: cloth on ${cloth} of ${SIDE * SIDE} pixels, by this page in ${state.milliseconds.toFixed(0)} ms.`;
    picture.setAttribute("aria-label", `What the net makes of the outline: cloth on ${cloth} of ${SIDE * SIDE} pixels.`);
  }

  function drawPage() {
    const pen = page.getContext("2d");
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, page.width, page.height);
    pen.fillStyle = "#fff";
    state.outline.forEach((value, k) => {
      if (value > 0) pen.fillRect(SCALE * (k % SIDE), SCALE * Math.floor(k / SIDE), SCALE, SCALE);
    });
    if (root.querySelector("[data-part=page]:focus-visible") !== page) return;
    pen.strokeStyle = state.down ? "#E69F00" : "#56B4E9";  // where the keyboard's pen is
    pen.lineWidth = 4;
    pen.beginPath();
    pen.arc(SCALE * state.pen[0], SCALE * state.pen[1], SCALE, 0, 2 * Math.PI);
    pen.stroke();
  }

  const soon = () => { due ||= requestAnimationFrame(show); };
  const remember = () => { state.past.push(state.strokes); state.past = state.past.slice(-200); };
  const finished = () => { show(); tell(state.strokes); };

  function begin(point) {
    remember();
    state.strokes = [...state.strokes, [point]];
  }

  function go(point) {
    const last = state.strokes.at(-1), [x, y] = last.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < 0.3) return;
    last.push(point);
    soon();
  }

  function replace(strokes) {
    remember();
    Object.assign(state, { strokes, down: false });
    finished();
  }

  function undo() {
    if (!state.past.length) return;
    Object.assign(state, { strokes: state.past.pop(), down: false });
    finished();
  }

  // By mouse, finger or stylus.
  const rounded = x => Math.round(100 * x) / 100;
  const place = event => {
    const box = page.getBoundingClientRect();
    return [rounded((event.clientX - box.left) / box.width * SIDE), rounded((event.clientY - box.top) / box.height * SIDE)];
  };
  page.addEventListener("pointerdown", event => {
    if (dragging !== null || event.button) return;
    dragging = event.pointerId;
    page.setPointerCapture(dragging);
    state.down = false;
    begin(place(event));
    soon();
  });
  page.addEventListener("pointermove", event => { if (event.pointerId === dragging) go(place(event)); });
  for (const name of ["pointerup", "pointercancel"]) page.addEventListener(name, event => {
    if (event.pointerId !== dragging) return;
    dragging = null;
    finished();
  });

  // By keyboard: the pen moves a pixel at a time.
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  page.addEventListener("keydown", event => {
    if (event.ctrlKey && event.key !== "z" || event.metaKey && event.key !== "z" || event.altKey) return;
    if (event.key in moves) {
      state.pen = state.pen.map((x, i) => Math.min(SIDE - 1, Math.max(1, x + moves[event.key][i])));
      if (state.down) go([...state.pen]);
    } else if (event.key === " " || event.key === "Enter") {
      state.down = !state.down;
      if (state.down) begin([...state.pen]);
      else finished();
    } else if (event.key === "Backspace" || event.key === "z") undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
    find("pen").textContent = `Pen ${state.down ? "down" : "up"}, column ${state.pen[0]}, row ${state.pen[1]}.`;
    soon();
  });
  page.addEventListener("focus", soon);
  page.addEventListener("blur", soon);

  find("undo").addEventListener("click", undo);
  find("clear").addEventListener("click", () => replace([]));
  find("examples").append(...Object.entries(examples).map(([name, strokes]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.addEventListener("click", () => replace(strokes));
    return button;
  }));
  // JupyterLab takes arrows and letters from whatever has the focus, unless the element itself says no.
  root.querySelectorAll("button, canvas").forEach(part => part.setAttribute("data-lm-suppress-shortcuts", "true"));
  show();
  return { state, replace, show, end: () => cancelAnimationFrame(due) };
}

// The drawing as a widget: the kernel hears of each finished stroke, and may set strokes of its own.
function render({ model, el }) {
  el.innerHTML = model.get("markup");
  const tell = strokes => { model.set("strokes", strokes); model.save_changes(); };
  const settings = { weights: model.get("weights"), examples: model.get("examples"), strokes: model.get("strokes"), tell };
  const sketch = startSketch(el, settings);
  const heard = () => {
    if (JSON.stringify(model.get("strokes")) !== JSON.stringify(sketch.state.strokes)) sketch.replace(model.get("strokes"));
  };
  model.on("change:strokes", heard);
  return () => { sketch.end(); model.off("change:strokes", heard); };
}
