"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const cards = [...document.querySelectorAll("details.card[data-verdict]")];
  const groups = [...document.querySelectorAll("section.group")];
  const field = form.querySelector("input[type=search]");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const output = form.querySelector("output");

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const card of cards) {
      const fits = verdicts.has(card.dataset.verdict)
        && words.every((word) => card.dataset.search.includes(word));
      card.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of groups) group.hidden = !group.querySelector("details.card:not([hidden])");
    output.textContent = `${shown} of ${cards.length} shown`;
  };

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details.card")) return;
    if (target.hidden) { form.reset(); filter(); }
    target.open = true;
    target.scrollIntoView();
  };

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.card:not([open])")];
    for (const card of closed) card.open = true;
  });
  addEventListener("afterprint", () => { for (const card of closed) card.open = false; });
  addEventListener("hashchange", reveal);
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    if (event.target.type !== "button") return;
    for (const card of cards) if (!card.hidden) card.open = event.target.value === "open";
  });
  form.hidden = false;
  filter();
  reveal();
})();
