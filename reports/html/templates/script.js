"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.className = "scripted";
  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (act) made.addEventListener("click", act);
    return made;
  };

  /* Filters: the cards of a report, or the rows of a matrix. */
  const form = document.querySelector("form.filter");
  const items = all("[data-search]");
  const field = form && form.querySelector("input[type=search]");
  const boxes = form ? all("input[name=verdict]", form) : [];
  const unlike = form && form.querySelector("input[name=differ]");

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const item of items) {
      const fits = item.dataset.verdict.split(" ").some((each) => verdicts.has(each))
        && words.every((word) => item.dataset.search.includes(word))
        && !(unlike && unlike.checked && !("differs" in item.dataset));
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const group of all("[data-group]")) {
      group.hidden = !group.querySelector("[data-search]:not([hidden])");
    }
    form.querySelector("output").textContent = `${shown} of ${items.length} shown`;
  };

  /* Whoever follows a link to something that is filtered or folded away sees it. */
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    const item = target.closest("[data-search]");
    if (item && item.hidden) { form.reset(); filter(); }
    for (let at = target; at; at = at.parentElement) if (at.matches("details")) at.open = true;
    target.scrollIntoView();
  };

  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("click", (event) => {
      const value = event.target.value;
      if (event.target.type !== "button") return;
      for (const item of items) if (!item.hidden && item.matches("details")) item.open = value === "open";
    });
    form.hidden = false;
    filter();
  }
  addEventListener("hashchange", reveal);

  /* Paper shows everything that a reader could unfold. */
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details.card:not([open])");
    for (const card of closed) card.open = true;
  });
  addEventListener("afterprint", () => { for (const card of closed) card.open = false; });

  /* Copying and saving. */
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("role", "status");
  document.body.append(said);

  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };
  const save = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const tools = (pane) => {
    const bar = document.createElement("p");
    const text = () => pane.querySelector("pre").textContent;
    bar.className = "tools";
    bar.append(button("Copy", async (event) => {
      await copy(text());
      said.textContent = `${pane.dataset.label} copied`;
      event.target.textContent = "Copied";
      setTimeout(() => { event.target.textContent = "Copy"; said.textContent = ""; }, 2000);
    }));
    if (pane.dataset.file) {
      bar.append(" ", button(`Save ${pane.dataset.file}`, () => save(text(), pane.dataset.file)));
    }
    pane.prepend(bar);
  };

  /* The foldable panes of one trace become tabs: one stop for the tab key, arrows move. */
  const tabs = (group) => {
    const panes = all(".pane", group);
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", group.dataset.label);
    const heads = panes.map((pane, at) => {
      const head = button(pane.dataset.label, () => choose(at));
      head.id = `${group.id}-tab${at}`;
      head.setAttribute("role", "tab");
      head.setAttribute("aria-controls", `${group.id}-pane${at}`);
      pane.id = `${group.id}-pane${at}`;
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", head.id);
      tools(pane);
      return head;
    });
    const choose = (chosen) => heads.forEach((head, at) => {
      head.setAttribute("aria-selected", String(at === chosen));
      head.tabIndex = at === chosen ? 0 : -1;
      panes[at].hidden = at !== chosen;
    });
    list.append(...heads);
    list.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -heads.length, End: heads.length };
      const at = heads.indexOf(event.target);
      if (at < 0 || !(event.key in steps)) return;
      const to = event.key === "Home" ? 0 : event.key === "End" ? heads.length - 1
        : (at + steps[event.key] + heads.length) % heads.length;
      event.preventDefault();
      choose(to);
      heads[to].focus();
    });
    group.replaceChildren(list, ...panes);
    choose(0);
  };
  for (const group of all(".tabs")) tabs(group);
  reveal();
})();
