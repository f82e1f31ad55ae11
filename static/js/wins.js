// Updates are written and chosen without script; with it they are also put in order by drag and by keys, and chosen by keys alone.
const sheet = document.querySelector("form[data-sheet]");
const told = document.createElement("p");
if (sheet) {
  told.className = "out";
  told.setAttribute("role", "status");
  sheet.append(told);
  const order = sheet.elements.namedItem("order");
  const entries = () => [...sheet.querySelectorAll("[data-entry]")];
  // the numbers and the hidden order follow what is seen; it is kept with the next press
  const settle = (entry) => {
    order.value = entries().map((one) => one.dataset.entry).join(" ");
    for (const list of sheet.querySelectorAll("[data-sort]")) {
      [...list.querySelectorAll(".entry__n")].forEach((head, n) => { head.textContent = `${head.dataset.word} ${n + 1}`; });
    }
    told.textContent = `${entry.querySelector(".entry__n").textContent}. Not saved yet.`;
  };
  const step = (entry, down) => {
    const next = down ? entry.nextElementSibling : entry.previousElementSibling;
    if (!next?.matches("[data-entry]")) return;
    const focus = document.activeElement;
    if (down) next.after(entry); else next.before(entry);
    focus?.focus({ preventScroll: true });
    entry.scrollIntoView({ block: "nearest" });
    settle(entry);
  };
  sheet.addEventListener("keydown", (event) => {
    const entry = event.target.closest("[data-entry]");
    if (!entry || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    step(entry, event.key === "ArrowDown");
  });
  // an entry is dragged by its head alone, so that text can still be selected
  let held = null;
  for (const entry of entries()) {
    const bar = entry.querySelector(".entry__bar");
    bar.draggable = true;
    bar.addEventListener("dragstart", (event) => {
      held = entry;
      entry.classList.add("entry--held");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    bar.addEventListener("dragend", () => { held?.classList.remove("entry--held"); held = null; });
    entry.addEventListener("dragover", (event) => {
      if (!held || held === entry || held.parentElement !== entry.parentElement) return;
      event.preventDefault();
      const { top, height } = entry.getBoundingClientRect();
      if (event.clientY > top + height / 2) entry.after(held); else entry.before(held);
      settle(held);
    });
    entry.addEventListener("drop", (event) => { if (held) event.preventDefault(); });
  }
}
const choosing = document.querySelector("form[data-choose]");
if (choosing) {
  const open = () => [...choosing.querySelectorAll("[data-offer]")].filter((one) => one.querySelector("input[name=pick]"));
  const press = (value) => choosing.querySelector(`button[name=do][value="${value}"]`)?.click();
  let at = -1;
  const look = (n) => {
    const all = open();
    if (all.length === 0) return;
    all[at]?.classList.remove("offer--at");
    at = Math.max(0, Math.min(n, all.length - 1));
    all[at].classList.add("offer--at");
    all[at].querySelector("input").focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };
  const tick = (one) => { const box = one?.querySelector("input[name=pick]"); if (box) box.checked = !box.checked; };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("textarea, select, input:not([type=checkbox]), [contenteditable]");
    if (typing || document.querySelector(":popover-open")) return;
    const all = open();
    const digit = /^[1-9]$/.test(event.key) ? all.findIndex((one) => one.dataset.number === event.key) : -1;
    if (event.key === "j") look(at + 1);
    else if (event.key === "k") look(at - 1);
    else if (event.key === "x") { if (at < 0) look(0); tick(all[at]); }
    else if (digit >= 0) { look(digit); tick(all[digit]); }
    else if (event.key === "e") choosing.querySelector("[data-entry] textarea")?.focus();
    else if (event.key === "Enter" && !event.target.closest?.("button, a, summary")) press("lift");
    else return;
    event.preventDefault();
  });
  // what is dropped on the other side is lifted
  const lines = choosing.querySelector("[data-drop]");
  let carried = null;
  for (const one of open()) {
    one.draggable = true;
    one.addEventListener("dragstart", (event) => {
      carried = one.dataset.offer;
      event.dataTransfer.effectAllowed = "copy";
      event.dataTransfer.setData("text/plain", "");
    });
    one.addEventListener("dragend", () => { carried = null; lines.classList.remove("is-over"); });
  }
  lines.addEventListener("dragover", (event) => { if (carried) { event.preventDefault(); lines.classList.add("is-over"); } });
  lines.addEventListener("dragleave", (event) => { if (!lines.contains(event.relatedTarget)) lines.classList.remove("is-over"); });
  lines.addEventListener("drop", (event) => { if (carried) { event.preventDefault(); press(`lift:${carried}`); } });
}
