// Buttons that copy what stands in a field, shown where a script can do that.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = button.firstElementChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    // a page that came without TLS has no clipboard of its own
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(field.value).then(() => true, () => false)
      : document.execCommand("copy");
    said.textContent = copied ? "Copied" : "Chosen: press Ctrl+C";
    setTimeout(() => { said.textContent = "Copy"; }, 4000);
  });
  field.addEventListener("focus", () => field.select());
}
