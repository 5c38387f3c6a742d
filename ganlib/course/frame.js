// Inside a slide or a notebook: be as tall as the content, and let a presenter's remote turn the slides.
if (window.frameElement) {
  const grow = () => { frameElement.style.height = document.documentElement.offsetHeight + "px"; };
  new ResizeObserver(grow).observe(document.body);
  document.addEventListener("keydown", event => {
    const method = { PageDown: "next", PageUp: "prev" }[event.key];
    if (method) parent.postMessage(JSON.stringify({ method }), "*");
  });
}
