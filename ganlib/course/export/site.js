// Each page of the site starts with this.
startCards(document);
// A link into a folded part opens it.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let part = target;
  while ((part = part?.parentElement?.closest("details"))) part.open = true;
  target?.scrollIntoView();
};
addEventListener("hashchange", unfold);
if (location.hash) unfold();
// Whatever can be scrolled sideways is reached with the tab key, and nothing else is; a shadow says that there is more.
const BOXES = "pre, .scroll, .formula, .long";
const shade = (box) => {
  const sides = box.closest(".wide, .code")?.classList, end = box.scrollWidth - box.clientWidth;
  sides?.toggle("more-left", box.scrollLeft > 1);
  sides?.toggle("more-right", box.scrollLeft < end - 1);
};
const reach = () => {
  for (const box of document.querySelectorAll(BOXES)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    shade(box);
  }
};
reach();
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
document.addEventListener("scroll", ({ target }) => target.matches?.(BOXES) && shade(target), true);
