// A form is sent once: until the answer is there its buttons wait, so that a second press does nothing. A page that the browser kept in
// memory, or one that is still there because the answer was a file or never came, begins anew.
const PATIENCE = 10000;
const sent = new Map();
const wake = (form) => {
  for (const button of sent.get(form) ?? []) button.disabled = false;
  sent.delete(form);
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (sent.has(form)) { event.preventDefault(); return; }
  const buttons = [...form.elements].filter((one) => one.type === "submit" && !one.disabled);
  sent.set(form, buttons);
  // not before the browser has read the form, for what was pressed is part of it
  setTimeout(() => { if (sent.has(form)) for (const button of buttons) button.disabled = true; });
  setTimeout(() => wake(form), PATIENCE);
});
addEventListener("pageshow", () => { for (const form of [...sent.keys()]) wake(form); });
