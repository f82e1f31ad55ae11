// Badges of what needs the reader, kept current while the page is looked at: the server says them again when they change.
// A page in the background listens to nothing, for a browser has few connections to one place.
const place = document.querySelector("[data-live]");
let source;
const rest = () => { source?.close(); source = undefined; };
const listen = () => {
  if (source || document.hidden) return;
  source = new EventSource("/live");
  source.addEventListener("badges", (event) => { if (place.innerHTML !== event.data) place.innerHTML = event.data; });
  for (const name of ["badges", "news"]) source.addEventListener(name, () => document.dispatchEvent(new Event("portolan:news")));
};
if (place) {
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
}
