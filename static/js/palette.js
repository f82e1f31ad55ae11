// Quick open: ⌘K, Ctrl-K or / from anywhere. The server answers with the same list that /search shows; script only
// asks while typing and moves the choice. Without script the form is an ordinary search.
const palette = document.getElementById("palette");
const box = palette?.querySelector("input[type=search]");
const results = palette?.querySelector("[data-results]");
const status = palette?.querySelector("[role=status]");
if (palette && box && results) {
  const first = results.innerHTML;
  let asked = 0;
  let timer = 0;

  const options = () => [...results.querySelectorAll("[role=option]")];
  const choose = (option) => {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };
  const show = (html) => {
    results.innerHTML = html;
    const found = options();
    choose(box.value.trim() ? found[0] : undefined);
    box.setAttribute("aria-expanded", String(found.length > 0));
    if (status) status.textContent = box.value.trim() ? `${found.length} found` : "";
  };
  const ask = async () => {
    const q = box.value.trim();
    const mine = ++asked;
    if (!q) return show(first);
    const answer = await fetch(`/search/quick?q=${encodeURIComponent(q)}`, { redirect: "error" }).catch(() => null);
    if (mine === asked && answer?.ok) show(await answer.text());
  };

  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 90); });
  box.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && all.length) choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp" && all.length) choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter" && at >= 0) location.href = all[at].href;
    else return;
    event.preventDefault();
  });
  const open = (event) => {
    event.preventDefault();
    if (!palette.matches(":popover-open")) palette.showPopover();
    box.focus();
    box.select();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") open(event);
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) open(event);
  });
  // at desk width the masthead's own box hands over to the palette, which has room for answers: when it is pressed or
  // written into, and not when the keyboard only passes by
  const masthead = document.querySelector(".masthead form.search input");
  const handOver = (event) => {
    const text = masthead.value;
    masthead.value = "";
    open(event);
    if (!text) return;
    box.value = text;
    box.setSelectionRange(text.length, text.length);
    ask();
  };
  masthead?.addEventListener("click", handOver);
  masthead?.addEventListener("input", handOver);
}
