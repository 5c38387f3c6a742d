// Search in window.INDEX: [page, anchor, title, words] each. All words asked for must occur; a hit in a title weighs most.
const box = document.querySelector("main input"), list = document.querySelector("#found"), count = document.querySelector("#count");
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
const entries = window.INDEX.map(([page, anchor, title, words]) => ({ page, anchor, title, words, low: plain(words), head: plain(title) }));

function score({ head, low }, asked) {
  let sum = 0;
  for (const word of asked) {
    const inTitle = head.includes(word), hits = low.split(word).length - 1;
    if (!inTitle && !hits) return 0;
    sum += (inTitle ? 20 : 0) + Math.min(hits, 5) + (head === word ? 20 : 0);
  }
  return sum;
}

// Words around the first hit; the hits marked. Text only: nothing of the address becomes HTML.
function excerpt({ words, low }, asked) {
  const paragraph = document.createElement("p"), at = Math.max(0, Math.min(...asked.map((word) => low.indexOf(word)).filter((i) => i >= 0), low.length) - 70);
  const text = (at ? "… " : "") + words.slice(at, at + 230) + (words.length > at + 230 ? " …" : "");
  const pattern = new RegExp(`(${asked.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  for (const [i, part] of text.split(pattern).entries()) paragraph.append(i % 2 ? Object.assign(document.createElement("mark"), { textContent: part }) : part);
  return paragraph;
}

function search() {
  const asked = plain(box.value).split(/\s+/).filter(Boolean);
  const found = asked.length ? entries.map((entry) => [score(entry, asked), entry]).filter(([points]) => points) : [];
  found.sort(([a], [b]) => b - a);
  list.replaceChildren(...found.slice(0, 40).map(([, entry]) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = entry.page + (entry.anchor ? `#${entry.anchor}` : "");
    link.textContent = entry.title;
    item.append(link, excerpt(entry, asked));
    return item;
  }));
  count.textContent = asked.length ? count.dataset.words.replace("{n}", found.length) : "";
  history.replaceState(null, "", asked.length ? `?q=${encodeURIComponent(box.value)}` : location.pathname);
}

box.value = new URLSearchParams(location.search).get("q") || "";
box.addEventListener("input", search);
document.querySelector("main form").addEventListener("submit", (event) => event.preventDefault());
search();
