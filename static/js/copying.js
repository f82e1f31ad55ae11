// Buttons that copy what stands in a field, or an address of their own, shown where a script can do that.
const copy = async (field, text) => {
  // a page that came without TLS has no clipboard of its own
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  field.select();
  return document.execCommand("copy");
};
for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) {
  const shown = document.getElementById(button.dataset.copy);
  const said = button.firstElementChild;
  const says = said.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = shown ?? Object.assign(document.createElement("textarea"), { value: button.dataset.copyText, className: "out" });
    if (!shown) button.after(field);
    field.select();
    const copied = await copy(field, field.value);
    if (!shown) field.remove();
    said.textContent = copied ? "Copied" : shown ? "Chosen: press Ctrl+C" : "Not copied";
    setTimeout(() => { said.textContent = says; }, 4000);
  });
  shown?.addEventListener("focus", () => shown.select());
}
