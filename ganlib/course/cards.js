// Predictions and their answers as cards. A guess is locked in here, in the browser: no kernel is needed, and one that
// trains need not answer. Cards of one document find each other by the prediction's key.

const cards = (globalThis.ganlibCards ??= { guesses: {}, news: new EventTarget() });

// Keep the first guess for a key, or replace it by what is known for sure; tell all cards.
function settle(key, guess, sure = false) {
  if (guess === null || guess === undefined) return;
  if (sure || cards.guesses[key] === undefined) cards.guesses[key] = guess;
  cards.news.dispatchEvent(new Event("guess"));
}

function filled(template, guess) {
  return template.replace("{guess}", String(guess));
}

// Make a question work; lock(guess) is told of a guess that is made in it. Returns what ends it.
function startQuestion(card, lock = () => {}) {
  const { key, locked, missing } = card.dataset, options = JSON.parse(card.dataset.options);
  const button = card.querySelector("button"), note = card.querySelector(".gc-note");
  const fields = [...card.querySelectorAll("input")];
  const entered = () => {
    if (options) return options[fields.findIndex(field => field.checked)] ?? null;
    const text = fields[0].value.trim().replace(",", ".").replace("−", "-");
    return text && Number.isFinite(Number(text)) ? Number(text) : null;
  };
  const show = () => {
    const guess = cards.guesses[key];
    if (guess === undefined || card.classList.contains("gc-locked") && note.dataset.of === String(guess)) return;
    card.classList.add("gc-locked");
    fields.forEach((field, i) => {
      field.disabled = true;
      if (options) field.checked = options[i] === guess;
      else field.value = guess;
    });
    const focused = button === card.ownerDocument.activeElement || fields.includes(card.ownerDocument.activeElement);
    button.hidden = true;
    note.textContent = filled(locked, guess);
    note.dataset.of = String(guess);
    if (focused) note.focus();
  };
  const press = () => {
    const guess = entered();
    if (guess === null) return void (note.textContent = missing);
    settle(key, guess);
    lock(cards.guesses[key]);
  };
  button.addEventListener("click", press);
  card.addEventListener("keydown", event => {
    if (event.key === "Enter" && fields.includes(event.target)) press();
  });
  cards.news.addEventListener("guess", show);
  show();
  return () => cards.news.removeEventListener("guess", show);
}

// Let an answer judge the guess as soon as there is one. Returns what ends it.
function startAnswer(card) {
  const { key, right, wrong } = card.dataset, answer = JSON.parse(card.dataset.answer);
  const note = card.querySelector(".gc-note"), details = card.querySelector("details");
  const agrees = guess => guess === answer
    || typeof answer === "number" && Math.abs(guess - answer) <= Number(card.dataset.tolerance);
  const show = () => {
    const guess = cards.guesses[key];
    if (guess === undefined || note.dataset.of === String(guess)) return;
    card.dataset.verdict = agrees(guess) ? "right" : "wrong";
    note.textContent = filled(agrees(guess) ? right : wrong, guess);
    note.dataset.of = String(guess);
    details.open = true;
  };
  cards.news.addEventListener("guess", show);
  show();
  return () => cards.news.removeEventListener("guess", show);
}

// All cards of a page without a kernel.
function startCards(root) {
  root.querySelectorAll("fieldset.gc-question").forEach(card => startQuestion(card));
  root.querySelectorAll(".gc-answer[data-key]").forEach(startAnswer);
}

// One card in a notebook, as a widget: what is locked in here reaches the kernel when it has time.
function render({ model, el }) {
  el.innerHTML = model.get("html");
  const card = el.firstElementChild, key = card.dataset.key;
  // JupyterLab takes arrows and letters from whatever has the focus, unless the element itself says no.
  card.querySelectorAll("input, button, summary, .gc-note").forEach(e => e.setAttribute("data-lm-suppress-shortcuts", "true"));
  const tell = guess => { model.set("guess", guess); model.save_changes(); };
  const heard = () => settle(key, model.get("guess"), true);
  const end = card.matches(".gc-question") ? startQuestion(card, tell) : startAnswer(card);
  if (model.get("guess") !== null) heard();
  else if (card.matches(".gc-question") && cards.guesses[key] !== undefined) tell(cards.guesses[key]);
  model.on("change:guess", heard);
  return () => { end(); model.off("change:guess", heard); };
}
