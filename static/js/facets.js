// A ticked choice applies at once at desk width; on a phone the sheet's button does it, so that several can be ticked.
// A select marked so applies at once everywhere.
const wide = matchMedia("(min-width: 64rem)");
for (const form of document.querySelectorAll("form[data-apply]")) {
  form.addEventListener("change", (event) => {
    if (wide.matches || event.target.matches("select")) form.requestSubmit();
  });
}
